// Where a workload's level changes for good.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace starling {

enum class ChangeIn { kMean, kMeanAndVariance };

struct ChangeOptions {
  ChangeIn in = ChangeIn::kMean;
  double penalty = 0;             // cost of one more change; 0: 3·log(n), see `change_points`
  std::size_t segment_min = 0;    // present values between changes; 0: 1 %, 5 at least
  double noise_variance = 0;      // about the mean, with kMean; 0: estimated
  std::size_t values_max = 2000;  // longer series are averaged in equal groups first
};

/// The level changes at values[index].
struct Change {
  std::size_t index = 0;
  double before = 0;  // mean from the change before to this one
  double after = 0;   // mean from this one to the next
};

/// PELT (Killick, Fearnhead & Eckley 2012): the segmentation of least total cost, exactly, in time
/// that is linear where changes are many and quadratic at worst, hence `values_max`. NaN is missing
/// and left out.
///
/// The cost of a segment is twice its negative Gaussian log-likelihood: with kMean about its own
/// mean and one noise level for all, with kMeanAndVariance about its own mean and variance. The
/// default penalty of 3·log(n) is above BIC's 2·log(n). The noise level is the long-run variance:
/// in a series that wanders, only what stands out from its wandering is a change.
std::vector<Change> change_points(std::span<const double> values,
                                  const ChangeOptions& options = {});

}  // namespace starling
