#include "control/service_meter.h"

#include <algorithm>
#include <cmath>

#include "base/nearest_rank.h"
#include "control/demand.h"

namespace starling {
namespace {

constexpr std::size_t kColdStartsKept = 20;  // the rolling window of the 90th percentile

}  // namespace

bool past_start(const ReplicaStatus& replica, TimePoint now) {
  constexpr Duration kSettling = 3s;
  return now >= replica.started + replica.cold_start + kSettling;
}

ServiceMeter::ServiceMeter(Duration interval, Duration cold_start_guess)
    : interval_(interval), cold_start_guess_(cold_start_guess) {}

void ServiceMeter::observe_cold_starts(const std::vector<const ReplicaStatus*>& replicas) {
  for (const ReplicaStatus* replica : replicas) {
    if (replica->cold_start <= 0s) continue;
    if (!cold_starts_seen_.insert(replica->id).second) continue;
    cold_starts_.push_back(replica->cold_start);
    if (cold_starts_.size() > kColdStartsKept) cold_starts_.pop_front();
  }
  constexpr std::size_t kSeenMax = 10000;  // ids never come back, so an emptied memory costs little
  if (cold_starts_seen_.size() > kSeenMax) cold_starts_seen_.clear();
}

/// CPU per request, over about the last ten decisions. Under a CPU limit this, not the time in the
/// model, says how many requests a replica can take: parsing and answering them costs CPU too.
std::optional<ServiceMeter::CpuUse> ServiceMeter::observe_cpu(
    const std::vector<const ReplicaStatus*>& replicas, double answered, TimePoint now) {
  constexpr double kFading = 0.9;
  double cores = 0, limit = 0;
  int ready = 0;
  bool all_past_start = true;
  for (const ReplicaStatus* replica : replicas) {
    all_past_start =
        all_past_start && replica->state != ReplicaState::kStarting && past_start(*replica, now);
    if (replica->state != ReplicaState::kReady) continue;
    cores += replica->cpu_cores;
    limit += static_cast<double>(replica->resources.cpu_millis) / 1000;
    ++ready;
  }
  cpu_share_ = limit > 0 ? cores / limit : 0;
  cpu_limit_ = ready > 0 ? limit / ready : 0;
  note_limit(answered);
  if (!all_past_start) return std::nullopt;
  const CpuUse use{cores * seconds(interval_), answered};
  cpu_s_ = kFading * cpu_s_ + use.cpu_s;
  cpu_requests_ = kFading * cpu_requests_ + use.requests;
  return use;
}

/// The service time is a mean over some minutes, so it is of the limits that there were then.
void ServiceMeter::note_limit(double answered) {
  const double memory_s = seconds(Demand::kServiceWindow) / 2;
  const double keep = std::exp(-seconds(interval_) / memory_s);
  served_ *= keep;
  served_by_limit_ *= keep;
  if (cpu_limit_ <= 0) return;
  served_ += answered;
  served_by_limit_ += answered / cpu_limit_;
}

std::optional<ServiceTime> ServiceMeter::note_service(const ServiceTime& measured) {
  if (measured.mean_s > 0) last_service_ = measured;
  return last_service_;
}

ServiceTime ServiceMeter::assumed_service(Duration slo) {
  constexpr double kMost_s = 0.05, kShare = 0.1;
  return {std::min(kMost_s, kShare * seconds(slo)), 1};
}

Duration ServiceMeter::cold_start() const {
  if (cold_starts_.empty()) return cold_start_guess_;
  return nearest_rank<Duration>({cold_starts_.begin(), cold_starts_.end()}, 0.9);
}

double ServiceMeter::served_limit() const {
  return served_by_limit_ > 0 ? served_ / served_by_limit_ : cpu_limit_;
}

ServiceTime ServiceMeter::with_occupancy(ServiceTime service, std::int64_t cpu_millis,
                                         int concurrency) const {
  constexpr double kRequestsMin =
      50;  // below, what a replica burns while idle would count as theirs
  if (cpu_requests_ < kRequestsMin) return service;
  const double limit_cores = cpu_limit_ > 0 ? cpu_limit_ : static_cast<double>(cpu_millis) / 1000;
  const double slots_per_core = concurrency / limit_cores;
  service.occupancy_s = cpu_s_ / cpu_requests_ * slots_per_core;
  return service;
}

}  // namespace starling
