// Implements feature/target_statistics.h.
#include "feature/target_statistics.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <unordered_map>

namespace starling {
namespace {

struct Tally {
  double sum = 0;
  double count = 0;

  void add(double target) {
    sum += target;
    count += 1;
  }
};

/// Rows by time; those of one time in their own order.
std::vector<std::size_t> in_order(std::span<const TimePoint> times) {
  std::vector<std::size_t> rows(times.size());
  std::iota(rows.begin(), rows.end(), 0);
  std::stable_sort(rows.begin(), rows.end(),
                   [&](std::size_t a, std::size_t b) { return times[a] < times[b]; });
  return rows;
}

}  // namespace

std::vector<double> ordered_target_statistics(const TargetHistory& history, double prior_weight) {
  assert(prior_weight > 0);
  const std::vector<std::size_t> made = in_order(history.made_at);
  const std::vector<std::size_t> known = in_order(history.known_at);
  std::unordered_map<std::size_t, Tally> of_category;
  Tally all;
  auto next = known.begin();

  std::vector<double> statistics(made.size(), 0);
  for (const std::size_t row : made) {
    for (; next != known.end() && history.known_at[*next] <= history.made_at[row]; ++next) {
      const double target = history.targets[*next];
      if (std::isnan(target)) continue;
      all.add(target);
      of_category[history.categories[*next]].add(target);
    }
    if (all.count == 0) continue;
    const Tally& own = of_category[history.categories[row]];
    const double prior = all.sum / all.count;
    statistics[row] = (own.sum + prior_weight * prior) / (own.count + prior_weight);
  }
  return statistics;
}

}  // namespace starling
