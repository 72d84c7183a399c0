// Distributions of service times and routing delays, as scenarios state them, and a fast sampler.
#pragma once

#include <vector>

#include "base/rng.h"

namespace starling {

/// location + scale·X in seconds. X is 0 (constant), Exp(1), Gamma(shape, 1) or exp(shape·N(0, 1));
/// empirical: one of `values_s`, each equally likely.
struct Distribution {
  enum class Law { kConstant, kExponential, kGamma, kLognormal, kEmpirical };
  Law law = Law::kConstant;
  double location_s = 0;
  double scale_s = 0;
  double shape = 1;
  std::vector<double> values_s;

  double mean_s() const;
  /// In s².
  double variance() const;
  /// Squared coefficient of variation: variance / mean².
  double scv() const;
  /// The share of draws that are at most `seconds`.
  double cdf(double seconds) const;
  /// The value in seconds below which the share `level` of draws lies, 0 < level < 1.
  double quantile_s(double level) const;
};

/// Lognormal with this mean and squared coefficient of variation, at location 0; constant where
/// that is 0.
Distribution lognormal_of(double mean_s, double scv);

/// Draws from one distribution. Lognormal and exponential are read from a table of their quantile
/// function, linear inside its cells and exact in the two cells at the ends, so that tails are
/// kept.
class Sampler {
 public:
  explicit Sampler(const Distribution& distribution);

  /// The next draw, in seconds.
  double operator()(Rng& rng) const {
    if (!table_.empty()) {
      const std::uint64_t bits = rng();
      const std::size_t cell = bits >> (64 - kCellBits);
      const double within = static_cast<double>((bits << kCellBits) >> 11) * 0x1.0p-53;
      if (cell != 0 && cell != kCells - 1) {
        return table_[cell] + within * (table_[cell + 1] - table_[cell]);
      }
      return distribution_.quantile_s((static_cast<double>(cell) + within) / kCells);
    }
    return draw(rng);
  }

 private:
  static constexpr int kCellBits = 12;
  static constexpr std::size_t kCells = 1 << kCellBits;

  double draw(Rng& rng) const;

  Distribution distribution_;
  std::vector<double> table_;  // quantiles at i/kCells; empty where the law is drawn directly
};

}  // namespace starling
