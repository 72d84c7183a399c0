// Scaling per window: makes workloads of any size and unit comparable, with an exact inverse.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace starling {

enum class Scaling {
  kMeanAbsolute,  // x / mean|x|
  kMedianMad,     // (x − median) / (1.4826·MAD), MAD = median|x − median|
  kMedianIqr,     // (x − median) / (upper quartile − lower quartile)
  kLog1p,         // sign(x)·log1p(|x| / mean|x|): zero stays zero, ratios become differences
  kAsinh,  // asinh((x − median) / (1.4826·MAD)): linear near the middle, logarithmic far out
};

/// Maps a workload's unit to a scale-free one and back. `inverse(forward(x))` is x to rounding:
/// within a few units of the last place of |x| + |centre| + scale.
struct Scaler {
  Scaling scaling = Scaling::kMeanAbsolute;
  double centre = 0;
  double scale = 1;  // > 0

  double forward(double x) const;
  double inverse(double z) const;
};

/// Fits to the values with present[i] ≠ 0 that are finite and at most kDemandMax in size. A scale
/// of zero (a constant window, more than half of it equal) is replaced by mean|x|, and that by 1
/// where all are zero or none is known. MAD is multiplied by 1.4826 to estimate the standard
/// deviation of a normal distribution (Rousseeuw & Croux 1993). Both spans have the same length.
Scaler fit_scaler(Scaling scaling, std::span<const double> values,
                  std::span<const std::uint8_t> present);

}  // namespace starling
