// How good quantile forecasts were: pinball loss, weighted quantile loss, coverage.
#pragma once

#include <array>
#include <cstdint>

#include "forecast/forecaster.h"

namespace starling {

/// Pinball (quantile) loss of forecasting `quantile` at `level` when `actual` came:
/// level·(actual − quantile) above it, (1 − level)·(quantile − actual) below it.
double pinball_loss(double quantile, double actual, double level);

/// How far each level's quantile covers the outcome: 1 where it lies above it, 0 below. Where the
/// outcome equals the quantiles of the levels a … b (to a millionth), as counts do, the forecast
/// puts a mass of b − a on it, and a level τ of them covers it to (τ − a) / (b − a): the
/// nonrandomized probability integral transform (Czado, Gneiting & Held 2009). a is 0
/// where the lowest level ties, b is 1 where the highest does.
using Coverage = std::array<double, kQuantileLevels.size()>;
Coverage covered_by(const Quantiles& quantiles, double actual);

/// Collects forecasts with their outcomes.
class QuantileScore {
 public:
  void add(const Quantiles& forecast, double actual);

  std::int64_t count() const { return count_; }
  /// Mean pinball loss over levels and outcomes, in the workload's unit.
  double mean_pinball() const;
  /// Weighted quantile loss (as in GluonTS and the M5 contest): 2·Σ pinball / Σ|actual|, mean over
  /// the levels; 0 when nothing but zeros came and all were forecast exactly, infinite when they
  /// were not.
  double wql() const;
  /// Share of outcomes at or below the quantile of this level, which should equal
  /// kQuantileLevels[i].
  double coverage(std::size_t level_index) const;

 private:
  std::int64_t count_ = 0;
  double pinball_ = 0;
  double actual_ = 0;
  std::array<std::int64_t, kQuantileLevels.size()> covered_{};
};

}  // namespace starling
