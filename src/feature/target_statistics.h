// A category as the mean target that it has had so far: without leakage, from the past only.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/clock.h"

namespace starling {

/// What a row is known by: the arrays are of one length, one entry a row.
struct TargetHistory {
  std::span<const std::size_t> categories;
  std::span<const double> targets;      // NaN where it never became known
  std::span<const TimePoint> made_at;   // when the row's features are made
  std::span<const TimePoint> known_at;  // when its target is known
};

/// Ordered target statistics (Prokhorenkova et al., CatBoost, NeurIPS 2018, equation 5), with time
/// in the place of the random permutation:
///   (Σ targets of the category + prior_weight·P) / (number of them + prior_weight)
/// over the targets known when the row is made (known_at ≤ made_at). P is their mean over all
/// categories: the paper's P, the mean of the whole data, would look ahead. Where nothing is known
/// yet the statistic is 0. prior_weight > 0.
std::vector<double> ordered_target_statistics(const TargetHistory& history, double prior_weight);

}  // namespace starling
