#include "trace/hampel.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace starling {
namespace {

constexpr double kMadToDeviation = 1.4826;       // of a normal distribution
constexpr double kMeanAdToDeviation = 1.253314;  // √(π/2), the same

/// The known values of the neighbourhood, kept in order while it slides.
class SortedWindow {
 public:
  void insert(double value) {
    values_.insert(std::upper_bound(values_.begin(), values_.end(), value), value);
  }
  void erase(double value) {
    values_.erase(std::lower_bound(values_.begin(), values_.end(), value));
  }
  std::size_t size() const { return values_.size(); }

  double median() const {
    const std::size_t half = values_.size() / 2;
    return values_.size() % 2 == 1 ? values_[half] : (values_[half - 1] + values_[half]) / 2;
  }

  /// The median of |x − center|: the deviations grow outwards from the centre on both sides, so
  /// they are walked in order without sorting.
  double median_deviation(double center) const {
    auto above = std::lower_bound(values_.begin(), values_.end(), center);
    auto below = above;
    double last = 0;
    double before = 0;
    for (std::size_t taken = 0; taken <= values_.size() / 2; ++taken) {
      before = last;
      const bool up = below == values_.begin() ||
                      (above != values_.end() && *above - center <= center - *std::prev(below));
      last = up ? *above++ - center : center - *--below;
    }
    return values_.size() % 2 == 1 ? last : (before + last) / 2;
  }

  double mean_deviation(double center) const {
    double sum = 0;
    for (const double value : values_) sum += std::abs(value - center);
    return sum / static_cast<double>(values_.size());
  }

 private:
  std::vector<double> values_;
};

}  // namespace

std::vector<std::uint8_t> hampel_outliers(const Series& series, const HampelOptions& options) {
  assert(options.half_window >= 1 && options.threshold > 0);
  const std::size_t size = series.size();
  const auto half = static_cast<std::size_t>(options.half_window);
  std::vector<std::uint8_t> flags(size, 0);
  SortedWindow window;
  for (std::size_t i = 0; i < std::min(half, size); ++i) {
    if (series.present[i]) window.insert(series.values[i]);
  }
  for (std::size_t i = 0; i < size; ++i) {
    if (i + half < size && series.present[i + half]) window.insert(series.values[i + half]);
    if (i > half && series.present[i - half - 1]) window.erase(series.values[i - half - 1]);
    if (!series.present[i] || window.size() < 3) continue;
    const double median = window.median();
    const double distance = std::abs(series.values[i] - median);
    if (distance == 0) continue;
    const double mad = window.median_deviation(median);
    const double deviation =
        mad > 0 ? kMadToDeviation * mad : kMeanAdToDeviation * window.mean_deviation(median);
    flags[i] = distance > options.threshold * deviation ? 1 : 0;
  }
  return flags;
}

}  // namespace starling
