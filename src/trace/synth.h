// Synthetic workloads: request counts with the traits of real services, from a seed.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "trace/series.h"

namespace starling {

/// What to make. Rates are requests per second; the values of the series are requests per step.
struct SynthOptions {
  int workloads = 10;  // named m0, m1, …
  TimePoint start{};
  Duration step{1min};
  Duration length{24h};
  double mean_rate_min = 0.1;  // each workload's mean rate is log-uniform in [min, max]
  double mean_rate_max = 50;
  double intermittent_share = 0.2;  // workloads that are silent most of the time
  double bursts_per_day = 4;        // mean number of sudden surges a workload sees
};

/// One series a workload, every point present, whole counts. Each workload draws its own mean rate,
/// daily and weekly shape, trend, surges and over-dispersion (a negative binomial, as a
/// gamma-Poisson mixture whose mean wanders as an AR(1) process). Workload i depends on the seed
/// and i only: asking for more workloads does not change the first ones. Options must be positive;
/// min ≤ max.
std::vector<Series> synthesize(const SynthOptions& options, std::uint64_t seed);

}  // namespace starling
