// A forecast that the tests of this folder can reckon with.
#pragma once

#include <algorithm>

#include "forecast/forecaster.h"

namespace starling::testing_quantiles {

/// Of a normal distribution, those below zero at zero.
inline Quantiles normal(double mean, double deviation) {
  constexpr Quantiles kStandard{-1.645, -1.282, -0.842, -0.524, -0.253, 0,
                                0.253,  0.524,  0.842,  1.282,  1.645,  2.326};
  Quantiles quantiles;
  std::transform(kStandard.begin(), kStandard.end(), quantiles.begin(),
                 [&](double z) { return std::max(0.0, mean + deviation * z); });
  return quantiles;
}

}  // namespace starling::testing_quantiles
