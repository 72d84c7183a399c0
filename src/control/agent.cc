#include "control/agent.h"

#include <algorithm>

#include "base/excerpt.h"
#include "control/cells.h"

namespace starling {
namespace {

constexpr std::chrono::seconds kResizePatience{30};
constexpr std::size_t kFailureWordsMax = 200;   // bytes: bids carry it
constexpr std::size_t kReportSamplesMax = 200;  // keeps a report well below the largest message

}  // namespace

Agent::Agent(NodeInfo self, std::uint64_t incarnation, TimePoint now, AgentOptions options)
    : options_(std::move(options)),
      incarnation_(incarnation),
      ledger_(std::move(self)),
      membership_(options_.membership),
      path_(cell_path(ledger_.node())),
      started_(now),
      last_tick_(now),
      settled_at_(now + options_.settle),
      next_beat_(now) {
  for (const auto& pool : options_.pools) pools_.emplace(pool.name, NodePool(pool));
  membership_.on_heartbeat(heartbeat(now, false), now);
}

Effects Agent::on_tick(TimePoint now) {
  Effects out;
  notice_freeze(now);
  ledger_.expire(now);
  fetches_ = 0;
  handovers_ = 0;
  for (const auto& name : membership_.on_tick(now, ledger_.node().name)) {
    const Member* member = membership_.find(name);
    out.push_back(Notice{fmt::format("node {} is {}: silent for {:.1f} s", name,
                                     name_of(member->state), seconds(now - member->heard))});
    digest_soon_ = digest_soon_ || (!member->far && member->state == MemberState::kDead);
  }
  tend_cell(now, out);
  probe(now, out);
  reconcile(now, out);
  if (now >= settled_at_) {
    assign_owners(now, out);
    note_shortage(now, out);
    tick_owners(now, out);
    tick_handover(now, out);
    tick_pools(now, out);
  }
  beat(now, out);
  update_routes(now, out);
  return out;
}

/// After a freeze every other node looks silent; it is this one that was away, so the count starts
/// anew.
void Agent::notice_freeze(TimePoint now) {
  if (now - last_tick_ >= options_.membership.detector.heartbeat) membership_.detector().slow(now);
  if (now - last_tick_ >= options_.frozen_after) {
    settled_at_ = std::max(settled_at_, now + options_.settle);
    membership_.forgive(now);
    rosters_.forgive(now);
  }
  last_tick_ = now;
}

Heartbeat Agent::heartbeat(TimePoint now, bool leaving) {
  Heartbeat beat;
  beat.node = ledger_.node();
  beat.incarnation = incarnation_;
  beat.sequence = ++sequence_;
  beat.leaving = leaving;
  beat.without_specs = !specs_known_;
  beat.understands = kUnderstands;
  beat.free = ledger_.free();
  beat.scheduling = scheduling_;
  for (const auto& [id, replica] : ledger_.replicas()) {
    beat.replicas.push_back(replica);
    beat.replicas.back().epoch = epochs_.obeyed(replica.model);
  }
  for (const auto& [model, owner] : owners_)
    beat.owned.push_back(owner.summary(context(model, now)));
  for (const auto& [name, pool] : pools_) beat.pools.push_back(pool.summary());
  return beat;
}

/// Whether others act at once on what this node's owners tell: where capacity is short, and where
/// gateways share out a limit.
bool Agent::figures_matter(TimePoint now) const {
  if (now < short_until_) return true;
  return std::any_of(owners_.begin(), owners_.end(), [](const auto& owned) {
    return owned.second.spec().spec.admission == Admission::kReject;
  });
}

std::map<std::string, Agent::Terms> Agent::terms() const {
  std::map<std::string, Terms> terms;
  for (const auto& [model, owner] : owners_) terms[model] = {owner.epoch(), owner.replica_size()};
  return terms;
}

/// With content where there is something new, and every third time all the same: an agent of the
/// version before, which knows no beats and that nobody here has heard yet, counts on it. In a
/// larger fleet the mere figures are told more seldom; in one of several cells beat_in_cell() takes
/// the place of this.
void Agent::beat(TimePoint now, Effects& out) {
  if (now < next_beat_ && !beat_soon_) return;
  if (divided()) return beat_in_cell(now, out);
  const std::size_t fleet = membership_.live().size();
  const bool due = beats_ >= beats_between(fleet);
  const bool understood = membership_.askable().size() == fleet;
  auto now_terms = terms();
  const bool content = beat_soon_ || content_due_ || due || !understood || figures_matter(now) ||
                       now_terms != terms_told_;
  beat_soon_ = false;
  next_beat_ = now + options_.membership.detector.heartbeat;
  if (!content) {
    ++beats_;
    const Beat mine{ledger_.node().name, incarnation_, ++sequence_, content_, brief(now)};
    membership_.on_beat(mine, now);
    out.push_back(Broadcast{mine});
    return;
  }
  Heartbeat mine = heartbeat(now, false);
  content_ = mine.sequence;
  terms_told_ = std::move(now_terms);
  content_due_ = false;
  beats_ = 0;
  membership_.on_heartbeat(mine, now);
  out.push_back(Broadcast{std::move(mine)});
}

void Agent::tick_owners(TimePoint now, Effects& out) {
  for (auto& [model, owner] : owners_) take(owner.on_tick(context(model, now)), now, out);
}

void Agent::take(Effects effects, TimePoint now, Effects& out) {
  const std::string& self = ledger_.node().name;
  for (auto& effect : effects) {
    if (auto* send = std::get_if<Send>(&effect); send != nullptr && send->to == self) {
      std::visit([&](const auto& message) { handle(message, now, out); }, send->message);
    } else if (auto* broadcast = std::get_if<Broadcast>(&effect)) {
      const Message message = broadcast->message;
      const auto* request = std::get_if<BidRequest>(&message);
      if (request == nullptr || !asks_some(*request, now, out)) out.push_back(std::move(effect));
      std::visit([&](const auto& m) { handle(m, now, out); }, message);
    } else {
      const auto* decided = std::get_if<Decided>(&effect);
      const bool small = membership_.live().size() < kLargeFleet;
      if (decided != nullptr && (small || !decided->decision.outcome.empty())) content_due_ = true;
      out.push_back(std::move(effect));
    }
  }
}

void Agent::drain(const std::string& id, TimePoint now) {
  ReplicaStatus* replica = ledger_.find(id);
  if (replica == nullptr || replica->state == ReplicaState::kDraining) return;
  replica->state = ReplicaState::kDraining;
  drains_[id] = now + options_.drain_delay;
  beat_soon_ = true;
}

Effects Agent::on_resize_failed(const ResizeReplicaEffect& resize, const std::string& reason,
                                TimePoint now) {
  if (ledger_.find(resize.id) == nullptr) return {};
  ledger_.undo_resize(resize.id, resize.before);
  resize_again_[resize.id] = now + kResizePatience;
  beat_soon_ = true;
  return {Notice{fmt::format("replica {} keeps its size, tried again in {:.0f} s: {}", resize.id,
                             seconds(kResizePatience), reason)}};
}

/// What runs here against what should: deleted models' replicas go, changed sizes are applied in
/// place.
void Agent::reconcile(TimePoint now, Effects& out) {
  ledger_.settle_resizes();  // those of the tick before: what failed of them was told at once
  std::erase_if(resize_again_, [&](const auto& entry) { return entry.second <= now; });
  if (specs_known_) {
    for (const auto& [id, replica] : ledger_.replicas()) {
      if (replica.state == ReplicaState::kDraining) continue;
      const StoredSpec* stored = spec_of(replica.model);
      if (stored == nullptr) {
        drain(id, now);
        out.push_back(PlacementChanged{replica, "stop", "the model was deleted"});
      } else if (const auto size = size_for_running(stored->spec);
                 size && replica.resources != *size && !resize_again_.contains(id)) {
        const Resources before = replica.resources;
        if (!ledger_.resize(id, *size)) continue;
        out.push_back(ResizeReplicaEffect{id, *size, before});
        beat_soon_ = true;
      }
    }
  }
  for (auto it = drains_.begin(); it != drains_.end();) {
    if (it->second > now) {
      ++it;
      continue;
    }
    out.push_back(StopReplicaEffect{it->first, options_.drain_grace});
    it = drains_.erase(it);
  }
}

Effects Agent::on_specs(std::vector<StoredSpec> specs, TimePoint now) {
  specs_.clear();
  for (auto& stored : specs) {
    std::string name = stored.spec.name;
    specs_.emplace(std::move(name), std::move(stored));
  }
  apart_ = kept_apart(specs_);
  epochs_.forget_unless([&](const std::string& model) { return specs_.contains(model); });
  const auto deleted = [&](const auto& entry) { return !specs_.contains(entry.first); };
  std::erase_if(origins_, deleted);
  std::erase_if(failed_starts_, deleted);
  if (!specs_known_) beat_soon_ = true;  // now this node can decide, too
  specs_known_ = true;
  ranks_stale_ = true;
  routes_stale_ = true;
  for (auto& account : accounts_) account.stale = true;
  rejecting_.clear();
  for (const auto& [name, stored] : specs_) {
    if (stored.spec.admission == Admission::kReject) rejecting_.insert(name);
  }
  Effects out;
  if (now >= settled_at_) assign_owners(now, out);
  update_routes(now, out);
  return out;
}

Effects Agent::on_replica_event(const ReplicaEvent& event, TimePoint now) {
  Effects out;
  ReplicaStatus* replica = ledger_.find(event.id);
  if (replica == nullptr) return out;
  beat_soon_ = true;
  if (event.memory_kill) ++replica->memory_kills;
  switch (event.kind) {
    case ReplicaEvent::Kind::kReady:
      if (replica->state != ReplicaState::kDraining) replica->state = ReplicaState::kReady;
      replica->address = event.address;
      if (event.cold_start > 0s) replica->cold_start = event.cold_start;
      out.push_back(PlacementChanged{*replica, "ready", event.detail});
      break;
    case ReplicaEvent::Kind::kUnready:
      if (replica->state == ReplicaState::kReady) replica->state = ReplicaState::kStarting;
      out.push_back(PlacementChanged{*replica, "unready", event.detail});
      out.push_back(Notice{fmt::format("replica {} is not ready: {}", event.id, event.detail)});
      break;
    case ReplicaEvent::Kind::kFailed:
      failed_starts_[replica->model] = {replica->generation, now + options_.failed_start_pause,
                                        excerpt(event.detail, kFailureWordsMax)};
      out.push_back(PlacementChanged{*replica, "fail", event.detail});
      out.push_back(Notice{fmt::format("replica {} failed: {}", event.id, event.detail)});
      [[fallthrough]];
    case ReplicaEvent::Kind::kStopped:
      drains_.erase(event.id);
      ledger_.remove(event.id, now);
      break;
  }
  return out;
}

Effects Agent::on_traffic(const std::vector<ModelTraffic>& traffic, TimePoint second,
                          TimePoint now) {
  remember_load(traffic);
  const std::string& self = ledger_.node().name;
  std::map<std::string, std::vector<TrafficReport>> reports;  // by receiver
  for (const auto& t : traffic) {
    const StoredSpec* stored = spec_of(t.model);
    if (stored == nullptr) continue;
    const double slo_s = seconds(stored->spec.slo.latency);
    const TrafficSample sample{t.model,
                               t.arrivals,
                               t.completed,
                               t.failed,
                               t.rejected,
                               std::min(t.completed, t.latency.count_up_to(slo_s)),
                               t.in_flight,
                               t.queued,
                               t.latency,
                               t.service_sum_s,
                               t.service_square_sum,
                               t.service_count};
    // The owner's own gateway reports all the same, so that no traffic is known to be none.
    const bool idle = t.arrivals + t.completed + t.failed + t.rejected == 0 && t.in_flight <= 0 &&
                      t.queued <= 0 && t.service_count == 0;
    for (const auto& receiver : ranked(t.model)) {
      if (idle && receiver != self) continue;  // nothing is added to what others report
      auto& parts = reports[receiver];
      if (parts.empty() || parts.back().samples.size() >= kReportSamplesMax) {
        parts.push_back(TrafficReport{self, second, {}, brief(now)});
      }
      parts.back().samples.push_back(sample);
    }
  }
  Effects out;
  for (auto& [to, parts] : reports) {
    for (auto& report : parts) take({Send{to, std::move(report)}}, now, out);
  }
  return out;
}

Effects Agent::on_forecast(const std::string& model, Forecast forecast, TimePoint now) {
  Effects out;
  const auto owner = owners_.find(model);
  if (owner != owners_.end())
    take(owner->second.on_forecast(std::move(forecast), context(model, now)), now, out);
  return out;
}

Effects Agent::on_policy_weights(std::shared_ptr<const PolicyNet> weights, TimePoint now) {
  const std::string version = weights->version;
  options_.owner.policy.learned = weights;
  for (auto& [model, owner] : owners_) owner.set_policy_weights(weights, now);
  return {Notice{fmt::format("the learned policy goes on with the weights {}", version)}};
}

void Agent::on_usage(const std::map<std::string, ReplicaUsage>& used) {
  for (const auto& [id, usage] : used) {
    ReplicaStatus* replica = ledger_.find(id);
    if (replica == nullptr) continue;
    replica->cpu_cores = usage.cpu_cores;
    replica->memory_bytes = usage.memory_bytes;
  }
}

Effects Agent::leave(TimePoint now) { return {Broadcast{heartbeat(now, true)}}; }

OwnerContext Agent::context(const std::string& model, TimePoint now) {
  const auto origins = origins_.find(model);
  return {membership_,
          demands_[model],
          now,
          now < short_until_,
          market_part(model, now),
          origins == origins_.end() ? nullptr : &origins->second,
          budget_part(model, now),
          &apart_from(apart_, model)};
}

const StoredSpec* Agent::spec_of(const std::string& model) const {
  const auto found = specs_.find(model);
  return found == specs_.end() ? nullptr : &found->second;
}

const ModelOwner* Agent::owner_of(const std::string& model) const {
  const auto found = owners_.find(model);
  return found == owners_.end() ? nullptr : &found->second;
}

std::map<std::string, std::uint64_t> Agent::demand_in(TimePoint second) const {
  std::map<std::string, std::uint64_t> arrivals;
  for (const auto& [model, owner] : owners_) {
    const auto demand = demands_.find(model);
    if (demand == demands_.end()) continue;
    if (const auto known = demand->second.arrivals_in(second)) arrivals[model] = *known;
  }
  return arrivals;
}

}  // namespace starling
