// Corrects a stream of quantile forecasts so that they cover as often as they say.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "forecast/forecaster.h"

namespace starling {

using Covered = std::array<bool, kQuantileLevels.size()>;

/// Whether each level's quantile covers the outcome. Where the outcome equals the quantiles of the
/// levels a … b (to 1e-9 relative), the forecast puts a mass of b − a on it, and a level τ covers
/// it if a + v·(b − a) ≤ τ, v uniform in [0, 1): the randomised probability integral transform
/// (Czado, Gneiting & Held 2009). a is 0 when the lowest level ties, b is 1 when the highest does.
Covered covered_by(const Quantiles& quantiles, double actual, double v);

/// The first level that is calibrated: 0.9. Fleets are sized by the upper levels; shifting the
/// others too costs accuracy where demand is small counts, whose continuous quantiles can't cover
/// exactly.
inline constexpr std::size_t kCalibratedFrom = 9;
static_assert(kQuantileLevels[kCalibratedFrom] == 0.9);

/// Adaptive conformal inference on the levels from 0.9 on, all at once. Each of them, τ, holds a
/// shift θ_τ in units of `scale` and takes, after each outcome,
///     θ_τ ← θ_τ + γ · (τ − 1{covered})
/// (Gibbs & Candès 2021 on scores, the quantile tracker of Angelopoulos, Candès & Tibshirani 2023).
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
  /// What came of the quantiles that `calibrated` gave. `v` is uniform in [0, 1): see covered_by.
  void update(const Quantiles& issued, double actual, double v);

  /// (2·range + 2γ) / (γ·T).
  double coverage_error_bound(std::int64_t rounds, double range) const;

 private:
  double rate_;
  std::array<double, kQuantileLevels.size()> shifts_{};
};

/// One calibrator for all models of a node: what their outcomes have in common is learned from all
/// of them, long before any one has outcomes enough. Outcomes come in rounds (one moment, many
/// models) and are not independent, so a round moves a shift by its mean miss, as so many outcomes
/// as it had, kRoundMax at most:
///     θ_τ ← θ_τ + γ · min(n, kRoundMax) · (τ − covered share)
/// A QuantileCalibrator after it holds its bound whatever this one does.
class PooledCalibrator {
 public:
  static constexpr std::int64_t kRoundMax = 50;

  explicit PooledCalibrator(double rate = 0.008) : rate_(rate) {}

  /// `scale` > 0.
  Quantiles calibrated(const Quantiles& quantiles, double scale) const;
  /// An outcome of this round, of quantiles that `calibrated` gave. `v` as in covered_by.
  void add(const Quantiles& issued, double actual, double v);
  /// Learns from the outcomes since the last call.
  void end_round();

 private:
  double rate_;
  std::array<double, kQuantileLevels.size()> shifts_{};
  std::array<std::int64_t, kQuantileLevels.size()> covered_{};
  std::int64_t outcomes_ = 0;
};

/// How often the 0.9 quantile covered: over everything, and over the last kRecent outcomes.
class CoverageMeter {
 public:
  static constexpr std::size_t kRecent = 500;

  void add(bool covered);
  CoverageSoFar so_far() const;

 private:
  std::int64_t outcomes_ = 0;
  std::int64_t covered_ = 0;
  std::vector<bool> recent_;  // a ring once it is full
};

}  // namespace starling
