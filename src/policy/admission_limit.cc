#include "policy/admission_limit.h"

#include <algorithm>
#include <cmath>

#include "policy/normal.h"

namespace starling {
namespace {

/// The chance that the own service and `departures` of others, `gap_s` apart, fit into the SLO.
double chance(double departures, double gap_s, const ServiceTime& service, double slo_s) {
  const double scv = std::max(service.scv, 0.0);
  const double mean_s = service.mean_s + departures * gap_s;
  const double variance_s2 = scv * (service.mean_s * service.mean_s + departures * gap_s * gap_s);
  const double log_variance = std::log1p(variance_s2 / (mean_s * mean_s));
  const double log_room = std::log(slo_s / mean_s) + log_variance / 2;
  if (log_variance <= 0) return log_room >= 0 ? 1 : 0;
  return normal_cdf(log_room / std::sqrt(log_variance));
}

std::int64_t slots_of(int replicas, int concurrency) {
  return std::int64_t{std::max(replicas, 1)} * std::max(concurrency, 1);
}

}  // namespace

std::int64_t admission_limit(int replicas, int concurrency, const ServiceTime& service,
                             Duration slo_latency, double odds) {
  const std::int64_t slots = std::min(slots_of(replicas, concurrency), kInFlightMax);
  const double slo_s = seconds(slo_latency);
  if (!(service.mean_s > 0)) return kInFlightMax;
  if (slo_s <= 0) return slots;
  const double gap_s = service.occupied_s() / static_cast<double>(slots);
  const auto may_wait = [&](std::int64_t waiting) {
    return chance(static_cast<double>(waiting), gap_s, service, slo_s) >= odds;
  };
  std::int64_t low = 0;   // so many may wait, and …
  std::int64_t high = 1;  // … so many may not, once the search has found it
  const std::int64_t top = kInFlightMax - slots;
  while (high <= top && may_wait(high)) {
    low = high;
    high *= 2;
  }
  high = std::min(high, top + 1);
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (may_wait(middle) ? low : high) = middle;
  }
  return slots + low;
}

std::int64_t whole_seconds(double wait_s) {
  constexpr double kSecondsMax = 3600;
  if (!(wait_s > 1)) return 1;
  return static_cast<std::int64_t>(std::ceil(std::min(wait_s, kSecondsMax)));
}

std::int64_t drain_seconds(std::int64_t in_flight, int replicas, int concurrency,
                           const ServiceTime& service) {
  const auto slots = static_cast<double>(slots_of(replicas, concurrency));
  return whole_seconds(static_cast<double>(in_flight) * service.occupied_s() / slots);
}

std::int64_t gateway_limit(std::int64_t limit, const GatewayLoad& own, const GatewayLoad& fleet) {
  const double share =
      fleet.arrival_rate > 0 ? std::clamp(own.arrival_rate / fleet.arrival_rate, 0.0, 1.0) : 1;
  const double others = std::max(0.0, fleet.in_flight - own.in_flight);
  constexpr double kParts = 8;  // coarse, so that the noise of counts does not move it
  const auto whole = static_cast<double>(limit);
  const double part = std::ceil(std::ceil(share * kParts) / kParts * whole);
  const double mine = std::max(part, std::floor(whole - others));
  return std::max<std::int64_t>(1, std::min(limit, static_cast<std::int64_t>(mine)));
}

}  // namespace starling
