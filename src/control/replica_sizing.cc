#include "control/replica_sizing.h"

#include <algorithm>
#include <cmath>

#include "base/excerpt.h"
#include "control/ledger.h"

namespace starling {
namespace {

constexpr std::size_t kReasonMax = 200;  // heartbeats carry it

/// What a core and a GiB cost in the mean over the live nodes.
SizePrices prices_of(const Membership& members) {
  SizePrices sum{0, 0};
  for (const auto& name : members.live()) {
    const Member* member = members.find(name);
    if (member == nullptr) continue;
    sum.core_hour += price_per_hour(member->last.node, {1000, 0});
    sum.gib_hour += price_per_hour(member->last.node, {0, 1LL << 30});
  }
  const double nodes = static_cast<double>(std::max<std::size_t>(1, members.live().size()));
  // Where all is free, the smaller one is the cheaper all the same.
  if (sum.core_hour <= 0) return {};
  return {sum.core_hour / nodes, sum.gib_hour / nodes};
}

}  // namespace

/// GPUs are whole devices: nothing but the spec says how many.
Resources ReplicaSizing::size() const {
  Resources size = sizer_ ? sizer_->size() : spec_size_;
  size.gpus = spec_size_.gpus;
  return size;
}

void ReplicaSizing::set_spec(const ModelSpec& spec, TimePoint now) {
  spec_size_ = spec.resources;
  if (spec.sizing.mode == SizingMode::kOff) {
    sizer_.reset();
  } else if (sizer_) {
    sizer_->set_spec(spec.sizing, spec.resources, now);
  } else {
    sizer_.emplace(spec.sizing, spec.resources);
  }
}

std::optional<SizerRecord> ReplicaSizing::record() const {
  return sizer_ ? std::optional(sizer_->record()) : std::nullopt;
}

std::optional<DecidedSize> ReplicaSizing::decided_size() const {
  return sizer_ ? sizer_->decided_size() : std::nullopt;
}

void ReplicaSizing::take_over(const SizerRecord& record) {
  if (sizer_) sizer_->take_over(record);
}

void ReplicaSizing::observe_use(const std::vector<const ReplicaStatus*>& replicas, TimePoint now) {
  if (!sizer_) return;
  std::vector<Resources> held;
  std::map<std::string, std::int64_t> kills;
  for (const ReplicaStatus* replica : replicas) {
    // What is on its way out may be of a model of this name that was deleted.
    if (replica->state != ReplicaState::kDraining) held.push_back(replica->resources);
    const auto before = memory_kills_.find(replica->id);
    // What happened under an earlier owner may have been answered by the size that there is.
    const std::int64_t known = before != memory_kills_.end() ? before->second
                               : sizer_->adopted()           ? 0
                                                             : replica->memory_kills;
    kills[replica->id] = replica->memory_kills;
    if (replica->memory_kills > known) sizer_->out_of_memory(replica->resources, now);
    const bool measured = replica->cpu_cores > 0 || replica->memory_bytes > 0;
    if (!measured || replica->state != ReplicaState::kReady || !past_start(*replica, now)) continue;
    sizer_->observe({now, replica->cpu_cores, static_cast<double>(replica->memory_bytes)});
  }
  constexpr std::size_t kSeenMax = 10000;  // ids never come back, so an emptied memory costs little
  if (memory_kills_.size() > kSeenMax) memory_kills_.clear();
  for (const auto& [id, count] : kills) memory_kills_[id] = count;
  sizer_->adopt(held, now);
}

void ReplicaSizing::observe_requests(const ServiceMeter::CpuUse& use) {
  if (sizer_) sizer_->observe_requests(use.cpu_s, use.requests);
}

void ReplicaSizing::plan(Observation& o, const ServiceMeter& meter) const {
  if (!sizer_) return;
  o.service = sizer_->planned(o.service, meter.served_limit(), o.concurrency);
  o.size = sizer_->observed(meter.cpu_limit());
}

void ReplicaSizing::decide(Decision& d, const Demand& demand, const Membership& members,
                           double served_cores, bool steps) {
  if (!sizer_) return;
  SizeInputs inputs = inputs_of(d.observation, d.objective, d.allocation);
  inputs.service = demand.service_time({0, 0, 0});
  inputs.cpu_millis_ready = std::llround(1000 * served_cores);
  if (!steps) inputs.cpu_steps_most = 0;
  inputs.prices = prices_of(members);
  d.size = sizer_->decide(inputs);
  add_to(d.allocation, *d.size, d.objective.max);
}

std::optional<SizeSummary> ReplicaSizing::summary(const std::optional<Decision>& last) const {
  if (!sizer_ || !sizer_->adopted() || !last || !last->size) return std::nullopt;
  return SizeSummary{size(), last->size->recommended, last->size->floor.size,
                     excerpt(last->size->reason, kReasonMax)};
}

}  // namespace starling
