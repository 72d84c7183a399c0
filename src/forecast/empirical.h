// Prediction intervals from the errors a method made in the past, with no distribution assumed.
#pragma once

#include <vector>

#include "forecast/forecaster.h"

namespace starling {

/// Quantile of a sorted, non-empty sample: linear between order statistics, (i + ½)/n each.
double sorted_quantile(const std::vector<double>& sorted, double level);

/// The point forecast plus the quantiles of the past errors, at least 0. With fewer than ten errors
/// a prior fills the rest: demand may fall to nothing or double.
Quantiles empirical_quantiles(double point, std::vector<double> errors);

}  // namespace starling
