// An agent as the keeper of its own node: what runs here, what should, and what its operator wants.
#include "base/excerpt.h"
#include "control/agent.h"

namespace starling {
namespace {

constexpr std::chrono::seconds kResizePatience{30};
constexpr std::size_t kFailureWordsMax = 200;  // bytes: bids carry it

}  // namespace

Effects Agent::set_scheduling(Scheduling scheduling, TimePoint now) {
  if (scheduling == scheduling_) return {};
  scheduling_ = scheduling;
  report_.soon();
  // What is decided next here must go by it already, not only by the next heartbeat.
  report_.tell_self(now);
  return {Notice{fmt::format("this node is now {}", name_of(scheduling))}};
}

void Agent::drain(const std::string& id, TimePoint now) {
  ReplicaStatus* replica = ledger_.find(id);
  if (replica == nullptr || replica->state == ReplicaState::kDraining) return;
  replica->state = ReplicaState::kDraining;
  drains_[id] = now + options_.drain_delay;
  report_.soon();
}

Effects Agent::on_resize_failed(const ResizeReplicaEffect& resize, const std::string& reason,
                                TimePoint now) {
  if (ledger_.find(resize.id) == nullptr) return {};
  ledger_.undo_resize(resize.id, resize.before);
  resize_again_[resize.id] = now + kResizePatience;
  report_.soon();
  return {Notice{fmt::format("replica {} keeps its size, tried again in {:.0f} s: {}", resize.id,
                             seconds(kResizePatience), reason)}};
}

/// What runs here against what should: deleted models' replicas go, changed sizes are applied in
/// place.
void Agent::reconcile(TimePoint now, Effects& out) {
  ledger_.settle_resizes();  // those of the tick before: what failed of them was told at once
  std::erase_if(resize_again_, [&](const auto& entry) { return entry.second <= now; });
  if (specs_.known()) {
    for (const auto& [id, replica] : ledger_.replicas()) {
      if (replica.state == ReplicaState::kDraining) continue;
      const StoredSpec* stored = specs_.find(replica.model);
      if (stored == nullptr) {
        drain(id, now);
        out.push_back(PlacementChanged{replica, PlacementEvent::kStop, "the model was deleted"});
      } else if (const auto size = size_for_running(stored->spec);
                 size && replica.resources != *size && !resize_again_.contains(id)) {
        const Resources before = replica.resources;
        if (!ledger_.resize(id, *size)) continue;
        out.push_back(ResizeReplicaEffect{id, *size, before});
        report_.soon();
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

Effects Agent::on_replica_event(const ReplicaEvent& event, TimePoint now) {
  Effects out;
  ReplicaStatus* replica = ledger_.find(event.id);
  if (replica == nullptr) return out;
  report_.soon();
  if (event.memory_kill) ++replica->memory_kills;
  switch (event.kind) {
    case ReplicaEvent::Kind::kReady:
      if (replica->state != ReplicaState::kDraining) replica->state = ReplicaState::kReady;
      replica->address = event.address;
      if (event.cold_start > 0s) replica->cold_start = event.cold_start;
      out.push_back(PlacementChanged{*replica, PlacementEvent::kReady, event.detail});
      break;
    case ReplicaEvent::Kind::kUnready:
      if (replica->state == ReplicaState::kReady) replica->state = ReplicaState::kStarting;
      out.push_back(PlacementChanged{*replica, PlacementEvent::kUnready, event.detail});
      out.push_back(Notice{fmt::format("replica {} is not ready: {}", event.id, event.detail)});
      break;
    case ReplicaEvent::Kind::kFailed:
      failed_starts_[replica->model] = {replica->generation, now + options_.failed_start_pause,
                                        excerpt(event.detail, kFailureWordsMax)};
      out.push_back(PlacementChanged{*replica, PlacementEvent::kFail, event.detail});
      out.push_back(Notice{fmt::format("replica {} failed: {}", event.id, event.detail)});
      [[fallthrough]];
    case ReplicaEvent::Kind::kStopped:
      drains_.erase(event.id);
      ledger_.remove(event.id, now);
      break;
  }
  return out;
}

void Agent::on_usage(const std::map<std::string, ReplicaUsage>& used) {
  for (const auto& [id, usage] : used) {
    ReplicaStatus* replica = ledger_.find(id);
    if (replica == nullptr) continue;
    replica->cpu_cores = usage.cpu_cores;
    replica->memory_bytes = usage.memory_bytes;
  }
}

/// The spec's own size, or what the model's owner last announced where the spec leaves it to the
/// owner; none before its first word: replicas then stay as they are. Nobody makes them smaller or
/// larger than the spec allows.
std::optional<Resources> Agent::size_for_running(const ModelSpec& spec) const {
  if (spec.sizing.mode != SizingMode::kAuto) return spec.resources;
  const ModelSummary* told = known_.summary_of(spec.name);
  if (told == nullptr || !told->size) return std::nullopt;
  // A size is a command, too. An owner that hears of the later epoch will say it again.
  if (told->epoch != 0 && told->epoch < epochs_.obeyed(spec.name)) return std::nullopt;
  return within(spec.sizing, told->size->size);
}

/// A model that runs here and must not share a node with `model`, whichever of both says so.
std::string Agent::barred(const std::string& model) const {
  const auto& apart = specs_.apart(model);
  if (apart.empty()) return "";
  for (const auto& [id, replica] : ledger_.replicas()) {
    if (apart.contains(replica.model)) return replica.model;
  }
  return "";
}

}  // namespace starling
