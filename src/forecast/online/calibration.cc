// Implements forecast/online/calibration.h.
#include "forecast/online/calibration.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace starling {
namespace {

constexpr std::size_t kLevels = kQuantileLevels.size();

/// The nearest non-decreasing vector in the sense of least squares.
void make_monotone(Quantiles& values) {
  struct Block {
    double mean;
    std::size_t count;
  };
  std::array<Block, kLevels> blocks;
  std::size_t used = 0;
  for (const double value : values) {
    Block block{value, 1};
    while (used > 0 && blocks[used - 1].mean > block.mean) {
      const Block& before = blocks[--used];
      const std::size_t count = before.count + block.count;
      block.mean = (before.mean * static_cast<double>(before.count) +
                    block.mean * static_cast<double>(block.count)) /
                   static_cast<double>(count);
      block.count = count;
    }
    blocks[used++] = block;
  }
  std::size_t next = 0;
  for (std::size_t b = 0; b < used; ++b) {
    for (std::size_t k = 0; k < blocks[b].count; ++k) values[next++] = blocks[b].mean;
  }
}

using Shifts = std::array<double, kLevels>;

/// The projection of quantiles + scale·shifts onto non-decreasing, non-negative vectors.
Quantiles shifted(const Quantiles& quantiles, const Shifts& shifts, double scale) {
  assert(scale > 0);
  Quantiles result;
  for (std::size_t k = 0; k < kLevels; ++k) result[k] = quantiles[k] + scale * shifts[k];
  make_monotone(result);
  for (double& q : result) q = std::max(0.0, q);
  return result;
}

double bounded(double shift) {
  return std::clamp(shift, -QuantileCalibrator::kShiftMax, QuantileCalibrator::kShiftMax);
}

}  // namespace

Quantiles QuantileCalibrator::calibrated(const Quantiles& quantiles, double scale) const {
  return shifted(quantiles, shifts_, scale);
}

void QuantileCalibrator::update(const Quantiles& issued, double actual) {
  const Coverage covered = covered_by(issued, actual);
  for (std::size_t k = kCalibratedFrom; k < kLevels; ++k) {
    shifts_[k] = bounded(shifts_[k] + rate_ * (kQuantileLevels[k] - covered[k]));
  }
}

double QuantileCalibrator::coverage_error_bound(std::int64_t rounds, double range) const {
  return (2 * range + 2 * rate_) / (rate_ * static_cast<double>(rounds));
}

Quantiles PooledCalibrator::calibrated(const Quantiles& quantiles, double scale, int ahead) const {
  return shifted(quantiles, distances_[distance_of(ahead)].shifts, scale);
}

void PooledCalibrator::add(const Quantiles& issued, double actual, int ahead) {
  Distance& distance = distances_[distance_of(ahead)];
  const Coverage covered = covered_by(issued, actual);
  for (std::size_t k = 0; k < kLevels; ++k) distance.covered[k] += covered[k];
  ++distance.outcomes;
}

void PooledCalibrator::end_round() {
  for (auto& [shifts, covered, outcomes] : distances_) {
    if (outcomes == 0) continue;
    const double step = rate_ * static_cast<double>(std::min(outcomes, kRoundMax));
    for (std::size_t k = kCalibratedFrom; k < kLevels; ++k) {
      const double share = covered[k] / static_cast<double>(outcomes);
      shifts[k] = bounded(shifts[k] + step * (kQuantileLevels[k] - share));
    }
    covered = {};
    outcomes = 0;
  }
}

void CoverageMeter::add(double covered) {
  if (recent_.size() < kRecent) {
    recent_.push_back(static_cast<float>(covered));
  } else {
    recent_[static_cast<std::size_t>(outcomes_) % kRecent] = static_cast<float>(covered);
  }
  ++outcomes_;
  covered_ += covered;
}

CoverageSoFar CoverageMeter::so_far() const {
  if (outcomes_ == 0) return {};
  const double recent = std::accumulate(recent_.begin(), recent_.end(), 0.0);
  return {.outcomes = outcomes_,
          .share = covered_ / static_cast<double>(outcomes_),
          .recent_outcomes = static_cast<std::int64_t>(recent_.size()),
          .recent_share = recent / static_cast<double>(recent_.size())};
}

}  // namespace starling
