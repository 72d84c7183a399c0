// Which workloads belong together: by their tenant, or by what they are like.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "trace/series.h"

namespace starling {

struct Family {
  std::string name;
  std::vector<std::size_t> workloads;  // indices, rising
};

/// One family a label, in the order of their names; `labels[i]` is workload i's.
std::vector<Family> families_by_label(std::span<const std::string> labels);

/// What tells workloads apart whatever their unit: ln of the step in seconds, share of zeros,
/// ln(1 + deviation / mean), autocorrelation at lag 1, mean |change| / mean, ln(1 + peak / mean).
/// Zeros where nothing is known.
using Likeness = std::array<double, 6>;
Likeness likeness_of(const Series& series);

/// Families by k-means (Lloyd 1982, seeded as k-means++, Arthur & Vassilvitskii 2007) on the
/// likenesses, each feature scaled to deviation 1: `count` of them or fewer, "cluster-0" being the
/// largest. Deterministic in the seed.
std::vector<Family> families_by_likeness(std::span<const Series> workloads, int count,
                                         std::uint64_t seed);

}  // namespace starling
