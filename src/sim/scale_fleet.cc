#include "sim/scale_fleet.h"

#include <algorithm>
#include <ctime>

#include "control/codec.h"
#include "control/ownership.h"
#include "forecast/baselines.h"
#include "sim/scale.h"
#include "sim/scale_stand_ins.h"

namespace starling {
namespace {

constexpr Duration kStep = 25ms;  // what is sent in one step arrives in the next
constexpr Duration kBeat = DetectorOptions{}.heartbeat;

double cpu_s() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// As messages call it.
const char* kind_of(const Message& message) {
  if (std::holds_alternative<Heartbeat>(message)) return "heartbeat";
  if (std::holds_alternative<Beat>(message)) return "beat";
  if (std::holds_alternative<Change>(message)) return "change";
  if (std::holds_alternative<Digest>(message)) return "digest";
  if (std::holds_alternative<TrafficReport>(message)) return "traffic";
  if (std::holds_alternative<Probe>(message)) return "probe";
  if (std::holds_alternative<ProbeAnswer>(message)) return "probe-answer";
  return "other";
}

constexpr double kStartedWithin_s = 1e6;  // nodes and replicas: at any time within so long before

int agents_of(const ScaleSetup& setup) {
  if (setup.agents > 0) return std::min(setup.agents, setup.nodes);
  if (setup.nodes <= 30) return setup.nodes;
  return setup.nodes < 5000 ? 8 : 3;
}

}  // namespace

ScaleFleet::ScaleFleet(const ScaleSetup& setup)
    : models_(setup.nodes * setup.models_per_node),
      rng_(setup.seed),
      start_(from_unix_seconds(1'700'000'000)),
      nodes_(static_cast<std::size_t>(setup.nodes)),
      changes_per_hour_(setup.changes_per_hour),
      forecaster_(std::move(*make_forecaster("ses"))) {
  const int agents = agents_of(setup);
  const bool all = agents == setup.nodes;
  for (int i = 0; i < models_; ++i) specs_.push_back(scale_model(i));
  const auto before = [&] { return start_ - from_seconds(kStartedWithin_s * rng_.uniform()); };
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    Node& node = nodes_[i];
    node.info = scale_node(static_cast<int>(i));
    node.path = cell_path(node.info);
    node.incarnation = static_cast<std::uint64_t>(before().time_since_epoch().count());
    index_[node.info.name] = i;
    // Where only some are agents in full, none of them is in the region that dies.
    const bool full = all || (i % 3 != 2 && full_.size() < static_cast<std::size_t>(agents));
    if (full) full_.push_back(i);
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    Node& node = nodes_[i];
    if (std::binary_search(full_.begin(), full_.end(), i)) continue;
    node.beat.node = node.info;
    node.beat.incarnation = node.incarnation;
    node.beat.understands = kUnderstands;
    node.beat.free = {16000 - 250LL * setup.models_per_node, 32LL << 30};
  }
  // Every model has a replica; the full agents begin with none.
  for (std::size_t m = 0; !all && m < specs_.size(); ++m) {
    Node* node = nullptr;
    while (node == nullptr || !node->beat.incarnation) node = &nodes_[rng_.below(nodes_.size())];
    node->beat.replicas.push_back(
        scale_replica(specs_[m], node->info, 0, ReplicaState::kReady, before(), kColdStart));
  }
  draw_cells();
  std::vector<StoredSpec> stored;
  for (const auto& spec : specs_) stored.push_back({spec, 1});
  for (const std::size_t i : full_) {
    nodes_[i].agent = std::make_unique<Agent>(nodes_[i].info, nodes_[i].incarnation, start_);
    nodes_[i].agent->on_specs(stored, start_);
  }
}

int ScaleFleet::agents() const { return static_cast<int>(full_.size()); }

/// As agents tell it: see Agent::packs.
std::size_t ScaleFleet::wire_bytes(const Message& message) const {
  return encode(message, divided() ? WireForm::kPacked : WireForm::kText).size();
}

void ScaleFleet::post(std::size_t to, Message message, std::size_t bytes) {
  if (bytes == 0) bytes = wire_bytes(message);
  letters_.push_back({to, std::make_shared<const Message>(std::move(message)), bytes});
}

/// A stand-in's next heartbeat or beat, to all full agents.
void ScaleFleet::tell(std::size_t who) {
  Node& node = nodes_[who];
  if (divided()) return tell_in_cell(who);
  ++node.beat.sequence;
  // In a small fleet decisions, every two seconds, add theirs.
  const int patience = nodes_.size() < kLargeFleet ? 1 : beats_between(nodes_.size());
  const bool content = node.changed || node.content == 0 || ++node.beats > patience;
  if (content) {
    if (node.changed || node.bytes == 0) node.bytes = wire_bytes(node.beat);
    node.changed = false;
    node.beats = 0;
    node.content = node.beat.sequence;
  }
  const Beat beat{node.info.name, node.incarnation, node.beat.sequence, node.content};
  const auto message =
      content ? std::make_shared<const Message>(node.beat) : std::make_shared<const Message>(beat);
  const std::size_t bytes = content ? node.bytes : wire_bytes(beat);
  for (const std::size_t to : full_) letters_.push_back({to, message, bytes});
}

/// Once the agents know who owns what, the stand-ins speak for the models that they own.
void ScaleFleet::give_accounts() {
  accounts_given_ = true;
  const Agent& agent = *nodes_[full_.front()].agent;
  for (const auto& spec : specs_) {
    const auto& order = agent.ranked(spec.name);
    if (order.empty()) continue;
    Node& owner = nodes_[index_.at(order.front())];
    if (owner.agent != nullptr) continue;
    owner.beat.owned.push_back(scale_account(spec.name, at(), kColdStart, rng_));
    owner.changed = true;
  }
}

/// One method an effect, so that a new one does not compile until it is known here.
struct ScaleFleet::EffectRunner {
  ScaleFleet& fleet;
  std::size_t from;
  Node& node;

  void operator()(Send& e) const {
    const std::size_t bytes = metered(e.message);
    const auto to = fleet.index_.find(e.to);
    if (to != fleet.index_.end()) fleet.post(to->second, std::move(e.message), bytes);
  }
  void operator()(Broadcast& e) const {
    const std::size_t bytes = metered(e.message);
    const auto* heartbeat = std::get_if<Heartbeat>(&e.message);
    const auto* change = std::get_if<Change>(&e.message);
    if (heartbeat != nullptr) fleet.note_content(node, heartbeat->sequence);
    if (change != nullptr) fleet.note_content(node, change->sequence);
    const bool news = !std::holds_alternative<BidRequest>(e.message);
    const auto message = std::make_shared<const Message>(std::move(e.message));
    for (std::size_t to = 0; to < fleet.nodes_.size(); ++to) {
      const bool hears = fleet.nodes_[to].agent != nullptr || !news;
      if (to != from && hears) fleet.letters_.push_back({to, message, bytes});
    }
  }
  void operator()(Tell& e) const {
    metered(e.message);
    fleet.to_full(from, e.message, e.path);
  }
  void operator()(Listen& e) const { node.scope = e.scope; }
  void operator()(StartReplicaEffect& e) const {
    node.cold[e.replica.id] = fleet.now_ + kColdStart;
  }
  void operator()(StopReplicaEffect& e) const {
    node.agent->on_replica_event({ReplicaEvent::Kind::kStopped, e.id, "", {}, ""}, fleet.at());
  }
  void operator()(WantForecast& e) const {
    const HistoryView history{e.series.values, e.series.present, e.series.start, e.series.step, 0};
    auto forecasts = fleet.forecaster_->forecast({&history, 1}, e.horizon);
    if (forecasts) node.forecasts.emplace_back(e.model, forecasts->front());
  }
  // Nothing of what is measured here comes of these.
  void operator()(ResizeReplicaEffect&) const {}
  void operator()(SetRoutes&) const {}
  void operator()(TakeFilm&) const {}
  void operator()(Decided&) const {}
  void operator()(TenderSettled&) const {}
  void operator()(PlacementChanged&) const {}
  void operator()(AskProvider&) const {}
  void operator()(MarkNode&) const {}
  void operator()(Notice&) const {}

  std::size_t metered(const Message& message) const {
    const std::size_t bytes = fleet.wire_bytes(message);
    fleet.meter_.messages_out += 1;
    fleet.meter_.bytes_out += static_cast<double>(bytes);
    return bytes;
  }
};

void ScaleFleet::carry_out(std::size_t from, Effects effects) {
  const EffectRunner runner{*this, from, nodes_[from]};
  for (auto& effect : effects) std::visit(runner, effect);
}

void ScaleFleet::stand_in(std::size_t who, const Message& message) {
  Node& node = nodes_[who];
  if (const auto* request = std::get_if<BidRequest>(&message)) {
    const auto room = node.beat.free.cpu_millis / request->resources.cpu_millis;
    const int count = static_cast<int>(std::min<std::int64_t>(request->count, room));
    post(index_.at(request->owner),
         Bid{request->request, node.info.name, count, node.info.price_per_cpu_hour, ""});
  } else if (const auto* award = std::get_if<Award>(&message);
             award != nullptr && award->count > 0) {
    AwardReply reply{award->request, node.info.name, award->model, {}, ""};
    const auto spec = std::find_if(specs_.begin(), specs_.end(),
                                   [&](const auto& s) { return s.name == award->model; });
    for (int i = 0; i < award->count; ++i) {
      reply.started.push_back(
          scale_replica(*spec, node.info, i, ReplicaState::kStarting, moment(), kColdStart));
      node.beat.replicas.push_back(reply.started.back());
      node.starting[reply.started.back().id] = now_ + kColdStart;
    }
    std::sort(node.beat.replicas.begin(), node.beat.replicas.end(),
              [](const auto& a, const auto& b) { return a.id < b.id; });
    node.changed = true;
    post(index_.at(award->owner), reply);
    if (!divided()) tell(who);
  } else if (const auto* probe = std::get_if<Probe>(&message)) {
    ProbeAnswer answer{probe->from,   probe->target, probe->via, node.info.name,
                       probe->number, false,         {},         std::nullopt};
    if (probe->target == node.info.name) {
      const std::uint64_t sequence = ++node.beat.sequence;
      answer.last = divided() ? node.told : node.beat;
      answer.last->sequence = sequence;
      answer.last->content = divided() ? node.content : 0;
    } else {
      answer.misses = !nodes_[index_.at(probe->target)].up;
    }
    post(index_.at(probe->from), std::move(answer));
  } else if (const auto* asked = std::get_if<RosterRequest>(&message);
             asked != nullptr && cells_.contains(asked->cell)) {
    post(index_.at(asked->from), digest_of(asked->cell, node));
  }
}

void ScaleFleet::run_replicas(Node& node) {
  for (auto it = node.cold.begin(); it != node.cold.end();) {
    if (it->second > now_) {
      ++it;
      continue;
    }
    node.agent->on_replica_event(
        {ReplicaEvent::Kind::kReady, it->first, node.info.gateway_address, kColdStart, ""}, at());
    it = node.cold.erase(it);
  }
}

void ScaleFleet::ticks() {
  for (const std::size_t i : full_) {
    Node& node = nodes_[i];
    if (!node.up) continue;
    run_replicas(node);
    const double began = cpu_s();
    auto effects = node.agent->on_tick(at());
    const double took = cpu_s() - began;
    meter_.ticks_s.push_back(took);
    longest_tick_s_ = std::max(longest_tick_s_, took);
    carry_out(i, std::move(effects));
    const double looks = cpu_s();
    node.account = node.agent->account(at());
    meter_.accounts_s.push_back(cpu_s() - looks);
  }
  digests();
  changes();
  calls_for_bids();
  probes_of_the_silent();
}

void ScaleFleet::step() {
  now_ += kStep;
  for (auto& letter : std::exchange(letters_, {})) {
    Node& node = nodes_[letter.to];
    if (!node.up) continue;
    if (node.agent == nullptr) {
      stand_in(letter.to, *letter.message);
      continue;
    }
    const auto bytes = static_cast<double>(letter.bytes);
    meter_.messages_in += 1;
    meter_.bytes_in += bytes;
    meter_.bytes_in_by_kind[kind_of(*letter.message)] += bytes;
    carry_out(letter.to, node.agent->on_message(*letter.message, at()));
  }
  for (const std::size_t i : full_) {
    for (auto& [model, forecast] : std::exchange(nodes_[i].forecasts, {})) {
      if (!nodes_[i].up) continue;
      const double began = cpu_s();
      auto effects = nodes_[i].agent->on_forecast(model, std::move(forecast), at());
      meter_.decisions_s.push_back(cpu_s() - began);
      carry_out(i, std::move(effects));
    }
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    Node& node = nodes_[i];
    if (node.agent != nullptr || !node.up) continue;
    run_stand_in_replicas(i);
    if ((now_ + i % 20 * kStep) % kBeat == 0us) {
      tell(i);
    }
  }
  if (now_ % kTick == 0us) ticks();
  if (now_ % 1s == 50ms) gateways();
  if (!accounts_given_ && full_.size() < nodes_.size() && now_ >= 3s) give_accounts();
}

std::vector<std::string> ScaleFleet::some() const {
  const std::size_t count = std::max<std::size_t>(1, nodes_.size() / 100);
  const bool all = full_.size() == nodes_.size();
  std::set<std::string> names;
  for (const std::size_t i : full_) {
    if (all || names.size() >= count) break;
    for (const auto& spec : specs_) {
      if (nodes_[i].agent->owner_of(spec.name) == nullptr) continue;
      const auto replicas = nodes_[i].agent->membership().replicas_of(spec.name);
      if (replicas.empty() || nodes_[index_.at(replicas.front()->node)].agent != nullptr) continue;
      names.insert(replicas.front()->node);
      break;
    }
  }
  for (std::size_t i = 1; names.size() < count; i += 3) {
    const Node& node = nodes_[i % nodes_.size()];
    if (all || node.agent == nullptr) names.insert(node.info.name);
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> ScaleFleet::region() const {
  std::vector<std::string> names;
  for (const auto& node : nodes_) {
    if (node.info.region == "region2" && node.up) names.push_back(node.info.name);
  }
  return names;
}

void ScaleFleet::kill(const std::vector<std::string>& names) {
  for (const auto& name : names) {
    nodes_[index_.at(name)].up = false;
    dying_.emplace_back(now_, name);
    died_[name] = now_;
  }
}

void ScaleFleet::drop_agents() {
  letters_.clear();
  for (auto& node : nodes_) {
    node.account.reset();
    node.agent.reset();
  }
}

bool ScaleFleet::owned() const {
  for (const std::size_t i : full_) {
    if (!nodes_[i].up) continue;
    for (const auto& spec : specs_) {
      const auto& order = nodes_[i].agent->ranked(spec.name);
      if (order.empty()) return false;
      const Node& owner = nodes_[index_.at(order.front())];
      if (!owner.up || (owner.agent && owner.agent->owner_of(spec.name) == nullptr)) return false;
    }
  }
  return true;
}

bool ScaleFleet::placed() const {
  for (const std::size_t i : full_) {
    if (!nodes_[i].up) continue;
    for (const auto& spec : specs_) {
      if (nodes_[i].agent->owner_of(spec.name) == nullptr) continue;
      const auto replicas = nodes_[i].agent->membership().replicas_of(spec.name);
      const bool any = std::any_of(replicas.begin(), replicas.end(), [&](const auto* replica) {
        return replica->state == ReplicaState::kReady && nodes_[index_.at(replica->node)].up;
      });
      if (!any) return false;
    }
  }
  return true;
}

}  // namespace starling
