// Implements forecast/net/superposed.h.
#include "forecast/net/superposed.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace starling {
namespace {

constexpr std::size_t kPartsMax = 32;

struct Part {
  const Series* series = nullptr;
  double scale = 0;   // 1 / √mean
  double volume = 0;  // its mean in the sum: √mean
};

std::vector<Part> parts_of(const TrainingSet& set) {
  std::vector<Part> parts;
  for (const Series& series : set.workloads) {
    const double mean = mean_of(series);
    if (mean > 0 && (parts.empty() || series.step == parts.front().series->step)) {
      parts.push_back({.series = &series, .scale = 1 / std::sqrt(mean), .volume = std::sqrt(mean)});
    }
  }
  return parts;
}

/// The sum of these, over the first one's time.
Series sum_of(std::span<const Part> parts) {
  const Series& first = *parts.front().series;
  const std::size_t size = first.size();
  std::vector<double> sum(size), known(size);
  double volume = 0;
  for (const Part& part : parts) {
    volume += part.volume;
    const Series& series = *part.series;
    const std::int64_t ahead = (first.start - series.start) / first.step;
    for (std::size_t i = 0; i < size; ++i) {
      const std::int64_t at = static_cast<std::int64_t>(i) + ahead;
      if (at < 0 || at >= static_cast<std::int64_t>(series.size())) continue;
      const auto from = static_cast<std::size_t>(at);
      if (!series.present[from]) continue;
      sum[i] += part.scale * series.values[from];
      known[i] += part.volume;
    }
  }
  Series total{
      .workload = "sum", .start = first.start, .step = first.step, .values = {}, .present = {}};
  for (std::size_t i = 0; i < size; ++i) {
    const bool enough = 2 * known[i] >= volume;
    total.values.push_back(enough ? sum[i] * volume / known[i] : 0);
    total.present.push_back(enough);
  }
  return total;
}

}  // namespace

TrainingSet superposed(const TrainingSet& set, int count, Rng& rng) {
  TrainingSet sums{.name = set.name + " (sums)", .weight = set.weight, .workloads = {}};
  std::vector<Part> parts = parts_of(set);
  if (parts.size() < 2) return sums;
  const double most = static_cast<double>(std::min(parts.size(), kPartsMax));
  for (int k = 0; k < count; ++k) {
    const auto taken = static_cast<std::size_t>(2 * std::pow(most / 2, rng.uniform()) + 1e-9);
    for (std::size_t i = 0; i < taken; ++i) {
      std::swap(parts[i], parts[i + rng.below(parts.size() - i)]);
    }
    sums.workloads.push_back(sum_of(std::span(parts).first(taken)));
  }
  return sums;
}

}  // namespace starling
