// The cleaned recent past of one workload, and the summaries that the encoding
// is made of.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "feature/window.h"
#include "forecast/forecaster.h"

namespace starling {

/// A mean over the known points of a stretch.
struct Mean {
  double value = 0;
  bool known = false;
};

/// The last points of a history, newest last, with prefix sums: any stretch's mean takes constant
/// time. Points that cannot be demand are unknown; so is everything before the history.
class Past {
 public:
  Past(const HistoryView& history, std::size_t length_max);

  std::size_t size() const { return values_.size(); }
  /// The value `back` points before the end, 1 being the newest.
  double value(std::size_t back) const { return values_[size() - back]; }
  bool known(std::size_t back) const { return back <= size() && known_[size() - back] != 0; }
  Mean at(std::size_t back) const { return known(back) ? Mean{value(back), true} : Mean{}; }
  /// Over the stretch from `oldest` to just before `newest` points back; oldest ≥ newest.
  Mean mean(std::size_t oldest, std::size_t newest = 0) const;
  int known_count(std::size_t oldest, std::size_t newest = 0) const;
  /// √(Σ(x − mean)² / n) over the last `length` points.
  double deviation(std::size_t length) const;
  /// Mean |x_i − x_{i−1}| over neighbours that are both known.
  double mean_change(std::size_t length) const;
  double zero_share(std::size_t length) const;
  /// As feature/window.h says.
  bool is_seldom_changing_count(std::size_t length) const;
  /// Least-squares slope per step.
  double slope(std::size_t length) const;

 private:
  std::vector<double> values_;  // 0 where unknown
  std::vector<std::uint8_t> known_;
  int zeros_ = 0;             // points at zero, the unknown ones among them
  std::vector<double> sums_;  // of the first i values
  std::vector<int> counts_;   // of the first i known points
};

/// Simple exponential smoothing, level_i = level_{i−1} + α·(x_i − level_{i−1}), with the α of
/// {0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1} that made the smallest sum of absolute one-step errors.
struct RecentSmoothing {
  double alpha = 0;
  std::vector<double> levels;  // after each of the last points, newest last
  double level() const { return levels.back(); }
};
RecentSmoothing smooth_recent(const Past& past, std::size_t length);

/// Autocorrelation of the last `length` points at lags 1 … lags; 0 where fewer than max(16, lag)
/// pairs can be compared.
std::vector<float> autocorrelations(const Past& past, std::size_t length, std::size_t lags);

/// The lag at which a workload most repeats itself: the highest peak above 0.3 of its
/// autocorrelations; 0 where there is none.
std::size_t echo_lag(const std::vector<float>& correlations);

}  // namespace starling
