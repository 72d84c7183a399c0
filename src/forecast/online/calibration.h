// Corrects a stream of quantile forecasts so that they cover as often as they say.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "forecast/forecaster.h"
#include "forecast/metrics.h"

namespace starling {

/// The first level that is calibrated: 0.9. Fleets are sized by the upper levels; shifting the
/// others too costs accuracy where demand is small counts, whose continuous quantiles can't cover
/// exactly.
inline constexpr std::size_t kCalibratedFrom = 9;
static_assert(kQuantileLevels[kCalibratedFrom] == 0.9);

/// Adaptive conformal inference on the levels from 0.9 on, all at once. Each of them, τ, holds a
/// shift θ_τ in units of `scale` and takes, after each outcome,
///     θ_τ ← θ_τ + γ · (τ − covered)
/// (Gibbs & Candès 2021 on scores, the quantile tracker of Angelopoulos, Candès & Tibshirani 2023),
/// where `covered` is 1 or 0, and in between where the outcome ties, see covered_by.
/// What is issued is the projection of q_τ + scale·θ_τ onto non-decreasing, non-negative vectors
/// (isotonic regression by pooling adjacent violators), and its coverage is what updates (Ding,
/// Gibbs & Tibshirani 2025).
///
/// Bound: for any outcomes within `range` scales of every quantile, range ≤ kShiftMax, the coverage
/// of each of these levels over T rounds is within `coverage_error_bound(T, range)` of τ.
class QuantileCalibrator {
 public:
  /// Furthest shift: one burst must not widen forecasts for hours.
  static constexpr double kShiftMax = 8;

  explicit QuantileCalibrator(double rate = 0.02) : rate_(rate) {}

  /// `scale` > 0.
  Quantiles calibrated(const Quantiles& quantiles, double scale) const;
  /// What came of the quantiles that `calibrated` gave.
  void update(const Quantiles& issued, double actual);

  /// (2·range + 2γ) / (γ·T).
  double coverage_error_bound(std::int64_t rounds, double range) const;

 private:
  double rate_;
  std::array<double, kQuantileLevels.size()> shifts_{};
};

/// One calibrator for all models of a node: what their outcomes have in common is learned from all
/// of them, long before any one has outcomes enough. Outcomes come in rounds (one moment, many
/// models) and are not independent, so a round moves a shift by the mean miss of its n outcomes,
/// counted as kRoundMax at most:
///     θ_τ ← θ_τ + γ · min(n, kRoundMax) · (τ − covered share)
/// Errors grow otherwise with the steps ahead than forecasts say, so near, middle and far ones
/// (from the first, third and eighth on) have shifts of their own, each moved by its own outcomes.
/// A QuantileCalibrator after it holds its bound whatever this one does.
class PooledCalibrator {
 public:
  static constexpr std::int64_t kRoundMax = 50;

  explicit PooledCalibrator(double rate = 0.008) : rate_(rate) {}

  /// `scale` > 0; `ahead`: steps, 0 the next one.
  Quantiles calibrated(const Quantiles& quantiles, double scale, int ahead) const;
  /// An outcome of this round, of quantiles that `calibrated` gave for that many steps ahead.
  void add(const Quantiles& issued, double actual, int ahead);
  /// Learns from the outcomes since the last call.
  void end_round();

 private:
  struct Distance {
    std::array<double, kQuantileLevels.size()> shifts{};
    Coverage covered{};  // sums
    std::int64_t outcomes = 0;
  };
  static std::size_t distance_of(int ahead) { return ahead < 2 ? 0 : ahead < 7 ? 1 : 2; }

  double rate_;
  std::array<Distance, 3> distances_{};
};

/// How often the 0.9 quantile covered: over everything, and over the last kRecent outcomes.
class CoverageMeter {
 public:
  static constexpr std::size_t kRecent = 500;

  /// `covered`: 0 … 1, see covered_by.
  void add(double covered);
  CoverageSoFar so_far() const;

 private:
  std::int64_t outcomes_ = 0;
  double covered_ = 0;
  std::vector<float> recent_;  // a ring once it is full
};

}  // namespace starling
