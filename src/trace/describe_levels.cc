#include "trace/describe_levels.h"

#include <algorithm>
#include <cmath>

namespace starling {
namespace {

std::vector<double> present_values(const Series& series) {
  std::vector<double> values;
  values.reserve(series.size());
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (series.present[i]) values.push_back(series.values[i]);
  }
  return values;
}

}  // namespace

Gaps gaps_of(const Series& series) {
  Gaps gaps;
  std::size_t length = 0;
  for (const std::uint8_t present : series.present) {
    length = present ? 0 : length + 1;
    if (present) continue;
    ++gaps.missing;
    if (length == 1) ++gaps.count;
    gaps.longest = std::max(gaps.longest, length);
  }
  return gaps;
}

double quantile_of_sorted(std::span<const double> sorted, double q) {
  const double position = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double share = position - static_cast<double>(below);
  return sorted[below] + share * (sorted[above] - sorted[below]);
}

Levels levels_of(const Series& series) {
  Levels levels;
  std::vector<double> values = present_values(series);
  if (values.empty()) return levels;
  const auto count = static_cast<double>(values.size());
  double sum = 0;
  std::size_t zeros = 0;
  for (const double value : values) {
    sum += value;
    zeros += value == 0 ? 1 : 0;
  }
  levels.points = values.size();
  levels.mean = sum / count;
  levels.zero_share = static_cast<double>(zeros) / count;
  double squares = 0;
  for (const double value : values) squares += (value - levels.mean) * (value - levels.mean);
  levels.deviation = values.size() > 1 ? std::sqrt(squares / (count - 1)) : 0;

  std::ranges::sort(values);
  levels.low = values.front();
  levels.p50 = quantile_of_sorted(values, 0.50);
  levels.p90 = quantile_of_sorted(values, 0.90);
  levels.p95 = quantile_of_sorted(values, 0.95);
  levels.p99 = quantile_of_sorted(values, 0.99);
  levels.peak = values.back();
  return levels;
}

ValueHistogram histogram_of(const Series& series, std::size_t bins) {
  ValueHistogram histogram;
  const std::vector<double> values = present_values(series);
  if (values.empty() || bins == 0) return histogram;
  const auto [low, high] = std::ranges::minmax(values);
  const double width = (high - low) / static_cast<double>(bins);
  // Neighbours that rounding makes equal would be bins without width.
  if (!(low + width > low) || !std::isfinite(width)) bins = 1;
  for (std::size_t i = 0; i < bins; ++i) {
    histogram.edges.push_back(low + width * static_cast<double>(i));
  }
  histogram.edges.push_back(high);
  histogram.counts.assign(bins, 0);
  for (const double value : values) {
    const double place = bins == 1 ? 0 : (value - low) / width;
    ++histogram.counts[std::min(static_cast<std::size_t>(place), bins - 1)];
  }
  return histogram;
}

}  // namespace starling
