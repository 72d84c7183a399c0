// Implements feature/rolling.h.
#include "feature/rolling.h"

#include <algorithm>
#include <cassert>

namespace starling {
namespace {

/// Central moments of points (t, x), which two disjoint sets of points can merge.
struct Moments {
  double count = 0;
  double mean_t = 0, mean_x = 0;
  double tt = 0, tx = 0, xx = 0;  // Σ(t − mean_t)², Σ(t − mean_t)(x − mean_x), Σ(x − mean_x)²
  double absolute_sum = 0, absolute_max = 0;

  static Moments of(double t, double x) {
    return {.count = 1,
            .mean_t = t,
            .mean_x = x,
            .absolute_sum = std::abs(x),
            .absolute_max = std::abs(x)};
  }
};

Moments merged(const Moments& a, const Moments& b) {
  if (a.count == 0) return b;
  if (b.count == 0) return a;
  const double count = a.count + b.count;
  const double share = b.count / count;
  const double weight = a.count * share;
  const double dt = b.mean_t - a.mean_t;
  const double dx = b.mean_x - a.mean_x;
  return {.count = count,
          .mean_t = a.mean_t + share * dt,
          .mean_x = a.mean_x + share * dx,
          .tt = a.tt + b.tt + weight * dt * dt,
          .tx = a.tx + b.tx + weight * dt * dx,
          .xx = a.xx + b.xx + weight * dx * dx,
          .absolute_sum = a.absolute_sum + b.absolute_sum,
          .absolute_max = std::max(a.absolute_max, b.absolute_max)};
}

Moments moments_at(const SeriesView& series, std::size_t i) {
  return series.known(i) ? Moments::of(static_cast<double>(i), series.values[i]) : Moments{};
}

/// suffixes[o] becomes the moments of [begin + o, begin + suffixes.size()).
void fill_suffixes(const SeriesView& series, std::size_t begin, std::vector<Moments>& suffixes) {
  Moments suffix;
  for (std::size_t o = suffixes.size(); o-- > 0;) {
    suffix = merged(moments_at(series, begin + o), suffix);
    suffixes[o] = suffix;
  }
}

WindowSummary summary_of(const Moments& m) {
  if (m.count == 0) return {0, kUnknown, kUnknown, kUnknown, kUnknown, kUnknown};
  const double mean_absolute = m.absolute_sum / m.count;
  return {.known = static_cast<int>(m.count),
          .mean = m.mean_x,
          .mean_absolute = mean_absolute,
          .deviation = std::sqrt(m.xx / m.count),
          .slope = m.count < 2 ? kUnknown : m.tx / m.tt,
          .peak_ratio = mean_absolute > 0 ? m.absolute_max / mean_absolute : 1};
}

}  // namespace

std::vector<WindowSummary> rolling_summaries(const SeriesView& series, std::size_t length,
                                             std::size_t first_end, std::size_t last_end) {
  assert(length >= 1 && first_end <= last_end && last_end <= series.size());
  length = std::min(length, std::max<std::size_t>(last_end, 1));
  std::vector<WindowSummary> summaries;
  summaries.reserve(last_end - first_end + 1);

  std::vector<Moments> suffixes(length);  // of the block before `block`
  Moments prefix;                         // of [block, end)
  std::size_t block = first_end - std::min(first_end, length);
  for (std::size_t end = block; true; ++end) {
    if (end >= first_end) {
      const std::size_t begin = end - std::min(end, length);
      summaries.push_back(
          summary_of(begin < block ? merged(suffixes[begin + length - block], prefix) : prefix));
    }
    if (end == last_end) return summaries;
    prefix = merged(prefix, moments_at(series, end));
    if (end + 1 - block == length) {
      fill_suffixes(series, block, suffixes);
      block = end + 1;
      prefix = {};
    }
  }
}

}  // namespace starling
