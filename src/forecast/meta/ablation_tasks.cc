// Implements forecast/meta/ablation_tasks.h.
#include "forecast/meta/ablation_tasks.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/rng.h"
#include "forecast/baselines.h"
#include "forecast/meta/tasks.h"
#include "forecast/metrics.h"

namespace starling {
namespace {

constexpr std::size_t kPointsMin = 120;    // of a series that is judged
constexpr std::size_t kNaivePoints = 512;  // that the last value's errors are taken from
constexpr std::size_t kLevelFirst = 1, kLevels = 9;
static_assert(kQuantileLevels[kLevelFirst] == 0.1 &&
              kQuantileLevels[kLevelFirst + kLevels - 1] == 0.9);

/// 2·Σ pinball over steps and levels / 9, of the last value with the intervals of its errors.
Result<double> naive_numerator(const Forecaster& naive, const HistoryView& whole,
                               const Example& window) {
  const std::size_t first = window.origin - std::min(window.origin, kNaivePoints);
  const HistoryView view = slice(whole, first, window.origin);
  const auto made = naive.forecast({&view, 1}, kNetHorizon);
  if (!made) return fail(made.error());
  double sum = 0;
  for (std::size_t h = 0; h < static_cast<std::size_t>(kNetHorizon); ++h) {
    if (window.known[h] == 0) continue;
    for (std::size_t q = kLevelFirst; q < kLevelFirst + kLevels; ++q) {
      sum += pinball_loss(made->front().steps[h][q], whole.values[window.origin + h],
                          kQuantileLevels[q]);
    }
  }
  return 2 * sum / kLevels;
}

/// Nothing where either side has no window.
Result<std::optional<JudgedTask>> judged_task(const Forecaster& naive, const Series& series,
                                              std::size_t cut, std::size_t stride,
                                              const JudgeOptions& options) {
  const HistoryView whole = history_of(series);
  JudgedTask task;
  task.support = examples_of(slice(whole, 0, cut), options.regime, kNetHorizon, options.support);
  for (int k = 0; k < options.query; ++k) {
    const std::size_t origin = cut + static_cast<std::size_t>(k) * stride;
    if (origin + kNetHorizon > series.size()) break;
    auto window = example_at(whole, origin, options.regime);
    if (!window) continue;
    const auto numerator = naive_numerator(naive, whole, *window);
    if (!numerator) return fail(numerator.error());
    task.naive += *numerator;
    task.query.push_back(std::move(*window));
  }
  if (task.support.empty() || task.query.empty()) return std::optional<JudgedTask>();
  task.past = series;
  task.past.values.resize(cut);
  task.past.present.resize(cut);
  return std::optional(std::move(task));
}

double mean_of(const Series& series, std::size_t first, std::size_t last) {
  double sum = 0;
  int known = 0;
  for (std::size_t i = first; i < last; ++i) {
    sum += series.present[i] ? series.values[i] : 0;
    known += series.present[i];
  }
  return known > 0 ? sum / known : 0;
}

/// One workload, and from `change` on another at a level of its own; nothing where either is
/// silent.
std::optional<Series> spliced(const Series& before, const Series& after, std::size_t change,
                              std::size_t length, double level) {
  const std::size_t from = after.size() / 2;
  const std::size_t points = std::min(length, after.size() - from);
  const double old_mean = mean_of(before, 0, change),
               new_mean = mean_of(after, from, from + points);
  if (old_mean <= 0 || new_mean <= 0) return std::nullopt;
  Series series = before;
  series.values.resize(change);
  series.present.resize(change);
  const double scale = level * old_mean / new_mean;
  for (std::size_t i = from; i < from + points; ++i) {
    series.values.push_back(scale * after.values[i]);
    series.present.push_back(after.present[i]);
  }
  return series;
}

std::vector<const Series*> evenly_chosen(std::span<const Series> workloads, int count) {
  std::vector<const Series*> long_enough;
  for (const Series& series : workloads) {
    if (series.size() >= kPointsMin) long_enough.push_back(&series);
  }
  const auto wanted = std::min<std::size_t>(long_enough.size(), static_cast<std::size_t>(count));
  std::vector<const Series*> chosen;
  for (std::size_t k = 0; k < wanted; ++k) {
    chosen.push_back(long_enough[k * long_enough.size() / wanted]);
  }
  return chosen;
}

std::size_t cut_of(const Series& series, const JudgeOptions& options) {
  return static_cast<std::size_t>(options.cut_share * static_cast<double>(series.size()));
}

}  // namespace

Result<JudgedSet> judged_set(const std::string& name, std::span<const Series> workloads,
                             const JudgeOptions& options) {
  const auto naive = make_forecaster("naive");
  if (!naive) return fail(naive.error());
  JudgedSet set{name, {}};
  for (const Series* series : evenly_chosen(workloads, options.workloads_max)) {
    const std::size_t cut = cut_of(*series, options);
    const std::size_t stride = std::max<std::size_t>(
        kNetHorizon, (series->size() - cut) / static_cast<std::size_t>(options.query));
    auto task = judged_task(**naive, *series, cut, stride, options);
    if (!task) return fail(task.error());
    if (*task) set.tasks.push_back(std::move(**task));
  }
  return set;
}

Result<JudgedSet> changed_set(const std::string& name, std::span<const Series> workloads,
                              const JudgeOptions& options, std::uint64_t seed) {
  const auto naive = make_forecaster("naive");
  if (!naive) return fail(naive.error());
  const auto chosen = evenly_chosen(workloads, options.workloads_max);
  const std::size_t length =
      kChangeSeen + static_cast<std::size_t>(options.query + 1) * kNetHorizon;
  Rng rng(seed);
  JudgedSet set{name, {}};
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const double level = std::exp(rng.uniform(-1, 1));
    const auto next =
        std::find_if(chosen.begin() + static_cast<std::ptrdiff_t>(i) + 1, chosen.end(),
                     [&](const Series* other) { return other->step == chosen[i]->step; });
    if (next == chosen.end()) continue;
    const std::size_t change = cut_of(*chosen[i], options);
    const auto series = spliced(*chosen[i], **next, change, length, level);
    if (!series || series->size() < change + kChangeSeen + kNetHorizon) continue;
    auto task = judged_task(**naive, *series, change + kChangeSeen, kNetHorizon, options);
    if (!task) return fail(task.error());
    if (*task) set.tasks.push_back(std::move(**task));
  }
  return set;
}

}  // namespace starling
