#include "policy/sizing/joint_size.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "policy/queueing.h"

namespace starling {
namespace {

constexpr double kLadder = 1.25;
constexpr double kFullCore = 1000;

double stretched_s(double cpu_s, std::int64_t cpu_millis) {
  const double cores =
      std::min(static_cast<double>(std::max<std::int64_t>(cpu_millis, 1)), kFullCore);
  return cpu_s * kFullCore / cores;
}

std::vector<std::int64_t> ladder(const SizeQuestion& q) {
  std::vector<std::int64_t> sizes;
  const std::int64_t low = std::max<std::int64_t>(q.least.cpu_millis, 1);
  const std::int64_t high = std::max(q.most.cpu_millis, low);
  for (double cpu = static_cast<double>(low); cpu < static_cast<double>(high); cpu *= kLadder) {
    sizes.push_back(static_cast<std::int64_t>(std::ceil(cpu)));
  }
  sizes.push_back(high);
  if (q.current.cpu_millis > low && q.current.cpu_millis < high) {
    sizes.push_back(q.current.cpu_millis);
  }
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return sizes;
}

/// The replicas that a size needs, and whether they meet the SLO within the limit of replicas.
bool meets(const SizeQuestion& q, SizedReplicas& candidate) {
  const ServiceTime service = service_at(q, candidate.size.cpu_millis);
  const Sizing sizing = size_for(q.rate, service, q.concurrency, q.objective, q.objective.max);
  candidate.replicas = std::max(sizing.replicas, q.objective.min);
  candidate.price_per_hour = candidate.replicas * q.prices.of(candidate.size);
  candidate.miss_probability = miss_probability(q.rate, service, candidate.replicas * q.concurrency,
                                                seconds(q.objective.slo_latency));
  return !sizing.unreachable && candidate.miss_probability <= 1 - q.objective.slo_percentile / 100;
}

}  // namespace

double SizePrices::of(const Resources& size) const {
  return core_hour * static_cast<double>(size.cpu_millis) / 1000 +
         gib_hour * static_cast<double>(size.memory_bytes) / (1LL << 30);
}

ServiceTime service_at(const SizeQuestion& q, std::int64_t cpu_millis) {
  const double before = stretched_s(q.cpu_s_per_request, q.measured_cpu_millis);
  const double after = stretched_s(q.cpu_s_per_request, cpu_millis);
  ServiceTime service = q.service;
  if (after >= before || q.service.mean_s >= before) service.mean_s += after - before;
  service.occupancy_s = q.cpu_s_per_request * q.concurrency * 1000 /
                        static_cast<double>(std::max<std::int64_t>(cpu_millis, 1));
  return service;
}

SizeChoice choose_size(const SizeQuestion& q) {
  SizeChoice choice;
  choice.current.size = q.current;
  const bool known = q.rate > 0 && q.service.mean_s > 0 && q.cpu_s_per_request > 0 &&
                     std::isfinite(q.rate) && std::isfinite(q.cpu_s_per_request);
  if (!known) return choice;
  choice.current_meets = meets(q, choice.current);
  for (const std::int64_t cpu : ladder(q)) {
    SizedReplicas candidate;
    candidate.size = {cpu, q.least.memory_bytes};
    if (!meets(q, candidate)) continue;
    if (!choice.best || candidate.price_per_hour < choice.best->price_per_hour) {
      choice.best = candidate;
    }
  }
  return choice;
}

}  // namespace starling
