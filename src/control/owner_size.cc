// The part of an owner that decides how large its replicas are, where the spec leaves that to it.
#include <algorithm>
#include <cmath>

#include "base/excerpt.h"
#include "control/ledger.h"
#include "control/owner.h"

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

bool ModelOwner::settled(const ReplicaStatus& replica, TimePoint now) {
  constexpr Duration kSettling = 3s;
  return now >= replica.started + replica.cold_start + kSettling;
}

/// GPUs are whole devices: nothing but the spec says how many.
Resources ModelOwner::replica_size() const {
  Resources size = sizer_ ? sizer_->size() : spec_.spec.resources;
  size.gpus = spec_.spec.resources.gpus;
  return size;
}

void ModelOwner::set_sizing(TimePoint now) {
  const ModelSpec& spec = spec_.spec;
  if (spec.sizing.mode == SizingMode::kOff) {
    sizer_.reset();
  } else if (sizer_) {
    sizer_->set_spec(spec.sizing, spec.resources, now);
  } else {
    sizer_.emplace(spec.sizing, spec.resources);
  }
}

/// The service time is a mean over some minutes, so it is of the limits that there were then.
void ModelOwner::note_limit(double answered) {
  const double memory_s = seconds(Demand::kServiceWindow) / 2;
  const double keep = std::exp(-seconds(options_.interval) / memory_s);
  served_ *= keep;
  served_by_limit_ *= keep;
  if (cpu_limit_ <= 0) return;
  served_ += answered;
  served_by_limit_ += answered / cpu_limit_;
}

/// Of a ready replica, in cores, in the mean over the requests that the service time is of.
double ModelOwner::served_limit() const {
  return served_by_limit_ > 0 ? served_ / served_by_limit_ : cpu_limit_;
}

std::optional<SizerRecord> ModelOwner::sizer_record() const {
  return sizer_ ? std::optional(sizer_->record()) : std::nullopt;
}

std::optional<DecidedSize> ModelOwner::decided_size() const {
  return sizer_ ? sizer_->decided_size() : std::nullopt;
}

void ModelOwner::take_over(const SizerRecord& record) {
  if (sizer_) sizer_->take_over(record);
}

/// Feeds the sizer with what each replica uses, and with what the kernel ended for its memory.
void ModelOwner::observe_use(const OwnerContext& context) {
  if (!sizer_) return;
  const auto all = context.members.replicas_of(spec_.spec.name);
  std::vector<Resources> held;
  std::map<std::string, std::int64_t> kills;
  for (const ReplicaStatus* replica : all) {
    // What is on its way out may be of a model of this name that was deleted.
    if (replica->state != ReplicaState::kDraining) held.push_back(replica->resources);
    const auto before = memory_kills_.find(replica->id);
    // What happened under an earlier owner may have been answered by the size that there is.
    const std::int64_t known = before != memory_kills_.end() ? before->second
                               : sizer_->adopted()           ? 0
                                                             : replica->memory_kills;
    kills[replica->id] = replica->memory_kills;
    if (replica->memory_kills > known) sizer_->out_of_memory(replica->resources, context.now);
    const bool measured = replica->cpu_cores > 0 || replica->memory_bytes > 0;
    if (!measured || replica->state != ReplicaState::kReady || !settled(*replica, context.now))
      continue;
    sizer_->observe({context.now, replica->cpu_cores, static_cast<double>(replica->memory_bytes)});
  }
  constexpr std::size_t kSeenMax = 10000;  // ids never come back, so an emptied memory costs little
  if (memory_kills_.size() > kSeenMax) memory_kills_.clear();
  for (const auto& [id, count] : kills) memory_kills_[id] = count;
  sizer_->adopt(held, context.now);
}

void ModelOwner::decide_size(Decision& d, const OwnerContext& context) {
  if (!sizer_) return;
  SizeInputs inputs = inputs_of(d.observation, d.objective, d.allocation);
  inputs.service = context.demand.service_time({0, 0, 0});
  inputs.cpu_millis_ready = std::llround(1000 * served_limit());
  // A tenant's money is shared by replicas of the decided size.
  if (context.budget != nullptr) inputs.cpu_steps_most = 0;
  inputs.prices = prices_of(context.members);
  d.size = sizer_->decide(inputs);
  add_to(d.allocation, *d.size, d.objective.max);
}

std::optional<SizeSummary> ModelOwner::size_summary() const {
  if (!sizer_ || !sizer_->adopted() || !last_ || !last_->size) return std::nullopt;
  return SizeSummary{replica_size(), last_->size->recommended, last_->size->floor.size,
                     excerpt(last_->size->reason, kReasonMax)};
}

}  // namespace starling
