// What stand-ins tell in a fleet of several cells: beats, changes and digests.
#include <algorithm>

#include "control/cells.h"
#include "control/change.h"
#include "control/codec.h"
#include "sim/scale_fleet.h"
#include "sim/scale_stand_ins.h"

namespace starling {
namespace {

constexpr Duration kNoticed = 2200ms;      // from a death until the first relay tells of it …
constexpr Duration kNoticedApart = 150ms;  // … and until the next one does
constexpr Duration kNamed = 60s;           // for so long digests name the dead
constexpr Duration kSettles = 1s;          // a content, until digests tell of it
constexpr int kNamesEvery = 8;
constexpr Duration kDrains = 1s;

}  // namespace

/// Once, of all nodes: agents divide the fleet anew only when it has changed a lot.
void ScaleFleet::draw_cells() {
  if (!divided()) return;
  std::map<std::string, std::size_t> clouds;
  for (const auto& node : nodes_) ++clouds[node.info.cloud];
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    Node& node = nodes_[i];
    const int bits = cell_bits(kWholeFleet, nodes_.size(), clouds[node.info.cloud]);
    node.cell = cell_of(node.path, bits);
    cells_[node.cell].nodes.push_back(i);
  }
  for (auto& [name, cell] : cells_) {
    std::sort(cell.nodes.begin(), cell.nodes.end(), [&](std::size_t a, std::size_t b) {
      return nodes_[a].info.name < nodes_[b].info.name;
    });
    cell.period = digest_period(nodes_.size());
    cell.turn = digest_turn(name, cell.period, at());
  }
}

void ScaleFleet::to_full(std::size_t from, const Message& message, const std::string& path) {
  const auto shared = std::make_shared<const Message>(message);
  std::size_t bytes = 0;
  for (const std::size_t to : full_) {
    if (to == from || !in_cell(path, nodes_[to].scope)) continue;
    if (bytes == 0) bytes = wire_bytes(message);
    letters_.push_back({to, shared, bytes});
  }
}

void ScaleFleet::note_content(Node& node, std::uint64_t content) {
  node.content_before = node.content;
  node.content_at = now_;
  node.content = content;
}

/// As in SelfReport::beat_in_cell (control/self_report.cc), at a regular beat.
void ScaleFleet::tell_in_cell(std::size_t who) {
  Node& node = nodes_[who];
  ++node.beat.sequence;
  if (node.content == 0) {
    note_content(node, node.beat.sequence);
    node.told = node.beat;
    const auto message = std::make_shared<const Message>(node.beat);
    const std::size_t bytes = wire_bytes(node.beat);
    for (const std::size_t to : full_) letters_.push_back({to, message, bytes});
    // Not all in step.
    node.figures_at =
        now_ + from_seconds(rng_.uniform() * seconds(figures_pause(nodes_.size(), 10, 10, false)));
    return;
  }
  const bool figures = now_ >= node.figures_at;
  const bool gone = node.gone_at != Duration{} && now_ - node.gone_at >= kTellsGoneWithin;
  if (node.changed || figures || gone) return send_change(who, figures);
  to_full(who, Beat{node.info.name, node.incarnation, node.beat.sequence, node.content, true},
          node.path);
}

void ScaleFleet::send_change(std::size_t who, bool figures) {
  Node& node = nodes_[who];
  if (figures) {
    for (auto& summary : node.beat.owned) draw_figures(summary, at(), rng_);
    for (auto& replica : node.beat.replicas) draw_figures(replica, rng_);
    node.figures_at = now_ + figures_pause(nodes_.size(), node.beat.replicas.size(),
                                           node.beat.owned.size(), false);
  }
  node.changed = false;
  node.gone_at = {};
  const Change change = change_between(node.told, node.beat, figures, true);
  if (!says_something(change, node.told)) return;
  take_in(change, node.told);
  note_content(node, change.sequence);
  const auto message = std::make_shared<const Message>(change);
  const std::size_t bytes = wire_bytes(change);
  for (const std::size_t to : full_) letters_.push_back({to, message, bytes});
}

/// A replica that is ready, or on its way out, is told of at once.
void ScaleFleet::run_stand_in_replicas(std::size_t who) {
  Node& node = nodes_[who];
  bool turned = false;
  for (auto it = node.starting.begin(); it != node.starting.end();) {
    if (it->second > now_) {
      ++it;
      continue;
    }
    for (auto& replica : node.beat.replicas) {
      if (replica.id != it->first) continue;
      replica.state = ReplicaState::kReady;
      replica.address = node.info.gateway_address;
      turned = true;
    }
    it = node.starting.erase(it);
  }
  for (auto it = node.stopping.begin(); it != node.stopping.end();) {
    if (it->second > now_) {
      ++it;
      continue;
    }
    std::erase_if(node.beat.replicas, [&](const auto& r) { return r.id == it->first; });
    node.beat.free = free_by_replicas(node.info, node.beat.replicas);
    if (node.gone_at == Duration{}) node.gone_at = now_;
    it = node.stopping.erase(it);
  }
  if (!turned) return;
  if (!divided()) {
    node.changed = true;
    return tell(who);
  }
  ++node.beat.sequence;
  send_change(who, false);
}

/// Replicas of the stand-ins' models start and stop, as many of both.
void ScaleFleet::changes() {
  const double each = changes_per_hour_ / 3600 * seconds(kTick) * models_ / 2;
  const auto some = [&] { return rng_.below(nodes_.size()); };
  if (!divided()) return;
  for (auto n = rng_.poisson(each); n > 0; --n) {
    const std::size_t who = some();
    Node& node = nodes_[who];
    if (node.agent != nullptr || !node.up) continue;
    const auto& spec = specs_[rng_.below(specs_.size())];
    const auto replica = scale_replica(spec, node.info, 0, ReplicaState::kStarting, moment(), {});
    auto& replicas = node.beat.replicas;
    replicas.insert(std::upper_bound(replicas.begin(), replicas.end(), replica,
                                     [](const auto& a, const auto& b) { return a.id < b.id; }),
                    replica);
    node.beat.free = free_by_replicas(node.info, replicas);
    node.starting[replica.id] = now_ + kColdStart;
    node.changed = true;
    extra_.emplace_back(who, replica.id);
  }
  for (auto n = rng_.poisson(each); n > 0 && extra_.size() > 1; --n) {
    const auto [who, id] = extra_.front();
    Node& node = nodes_[who];
    if (node.starting.contains(id)) break;
    extra_.pop_front();
    if (!node.up) continue;
    for (auto& replica : node.beat.replicas) {
      if (replica.id == id) replica.state = ReplicaState::kDraining;
    }
    node.stopping[id] = now_ + kDrains;
    ++node.beat.sequence;
    send_change(who, false);
  }
}

/// The relays of each cell take turns; when somebody died each of them tells at once.
void ScaleFleet::digests() {
  for (auto& [name, cell] : cells_) {
    std::vector<std::string> seen;  // as the cell's nodes see it
    for (const std::size_t i : cell.nodes) {
      const auto died = died_.find(nodes_[i].info.name);
      if (died == died_.end() || now_ - died->second < kNoticed)
        seen.push_back(nodes_[i].info.name);
      if (died == died_.end() || now_ - died->second != kNoticed) continue;
      for (std::size_t r = 0; r < cell.relays.size(); ++r)
        cell.soon.emplace_back(now_ + static_cast<int>(r) * kNoticedApart,
                               index_.at(cell.relays[r]));
    }
    cell.relays = relays_of(name, seen);
    while (!cell.soon.empty() && cell.soon.front().first <= now_) {
      send_digest(name, cell.soon.front().second);
      cell.soon.pop_front();
    }
    const std::size_t turn = digest_turn(name, cell.period, at());
    if (turn == cell.turn || cell.relays.empty()) continue;
    cell.turn = turn;
    send_digest(name, index_.at(cell.relays[turn % cell.relays.size()]));
  }
}

/// A full agent sends its own.
void ScaleFleet::send_digest(const std::string& cell, std::size_t relay) {
  Node& node = nodes_[relay];
  if (node.agent != nullptr || !node.up || now_ < 3s) return;
  Digest digest = digest_of(cell, node);
  const bool names = digest.roster != node.roster_told || ++node.digests % kNamesEvery == 0;
  node.roster_told = digest.roster;
  if (!names) digest.names.clear();
  const auto message = std::make_shared<const Message>(digest);
  const std::size_t bytes = wire_bytes(digest);
  for (const std::size_t to : full_) letters_.push_back({to, message, bytes});
}

Digest ScaleFleet::digest_of(const std::string& cell, const Node& relay) const {
  Digest digest{relay.info.name, cell, 0, {}, {}};
  for (const std::size_t i : cells_.at(cell).nodes) {
    const Node& node = nodes_[i];
    const auto died = died_.find(node.info.name);
    const Duration dead = died == died_.end() ? Duration{} : now_ - died->second;
    if (dead >= kNamed) continue;
    const auto state = dead >= kNoticed ? MemberState::kDead
                       : dead >= 1500ms ? MemberState::kSuspect
                                        : MemberState::kAlive;
    const bool settled = now_ - node.content_at >= kSettles;
    digest.names.push_back({node.info.name, node.incarnation});
    digest.nodes.push_back(
        {state, dead + 200ms, content_bits(settled ? node.content : node.content_before)});
  }
  digest.roster = roster_id(digest.names);
  return digest;
}

}  // namespace starling
