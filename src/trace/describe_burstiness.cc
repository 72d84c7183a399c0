#include "trace/describe_burstiness.h"

#include <cmath>
#include <optional>

namespace starling {
namespace {

constexpr std::size_t kWindowsMin = 10;
constexpr double kPresentMin = 0.9;

/// Mean and sample variance in one pass (Welford 1962).
struct Moments {
  std::size_t count = 0;
  double mean = 0;
  double squares = 0;

  void add(double value) {
    ++count;
    const double before = value - mean;
    mean += before / static_cast<double>(count);
    squares += before * (value - mean);
  }
  double variance() const { return squares / static_cast<double>(count - 1); }
};

std::optional<double> index_at(const Series& series, std::size_t window, double events_per_value) {
  Moments sums;
  for (std::size_t begin = 0; begin + window <= series.size(); begin += window) {
    double sum = 0;
    std::size_t present = 0;
    for (std::size_t i = begin; i < begin + window; ++i) {
      if (!series.present[i]) continue;
      sum += series.values[i];
      ++present;
    }
    const double share = static_cast<double>(present) / static_cast<double>(window);
    if (share >= kPresentMin) sums.add(sum / share * events_per_value);
  }
  if (sums.count < kWindowsMin || !(sums.mean > 0)) return std::nullopt;
  return sums.variance() / sums.mean;
}

}  // namespace

std::vector<Dispersion> dispersion_of(const Series& series, double events_per_value) {
  std::vector<Duration> windows{series.step};
  for (const Duration window : {Duration{1min}, Duration{10min}, Duration{1h}, Duration{24h}}) {
    if (window > series.step) windows.push_back(window);
  }
  std::vector<Dispersion> result;
  for (const Duration window : windows) {
    const auto points =
        static_cast<std::size_t>(std::llround(seconds(window) / seconds(series.step)));
    if (series.size() / points < kWindowsMin) break;
    if (const auto index = index_at(series, points, events_per_value)) {
      result.push_back({window, *index});
    }
  }
  return result;
}

bool looks_like_counts(const Series& series) {
  for (std::size_t i = 0; i < series.size(); ++i) {
    const double value = series.values[i];
    if (series.present[i] && (value < 0 || value != std::floor(value))) return false;
  }
  return true;
}

}  // namespace starling
