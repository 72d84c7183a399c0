// Implements forecast/meta/tasks.h.
#include "forecast/meta/tasks.h"

#include <algorithm>
#include <cmath>

#include "base/rng.h"

namespace starling {
namespace {

constexpr int kExamplesMax = 240;           // of one workload: more of the same teach little
constexpr int kShortenedMax = 4 * kRecent;  // points of a shortened past

}  // namespace

int season_of(const Series& series) {
  const auto day = static_cast<std::size_t>(std::max<std::int64_t>(0, Duration(24h) / series.step));
  return series.size() >= 2 * day ? static_cast<int>(day) : 0;
}

HistoryView history_of(const Series& series) {
  return {.values = series.values,
          .present = series.present,
          .start = series.start,
          .step = series.step,
          .season = season_of(series)};
}

std::vector<MetaTask> tasks_of(std::span<const Series> workloads, std::uint64_t seed,
                               Regime regime) {
  const Rng root(seed);
  std::vector<MetaTask> tasks;
  for (std::size_t w = 0; w < workloads.size(); ++w) {
    Rng rng = root.split(w);
    const HistoryView whole = history_of(workloads[w]);
    const auto size = static_cast<std::int64_t>(whole.values.size());
    MetaTask task;
    const std::int64_t origins = (size - kKnownMin) / kNetHorizon;
    for (std::int64_t k = std::max<std::int64_t>(0, origins - kExamplesMax); k < origins; ++k) {
      const std::int64_t end = size - (origins - 1 - k) * kNetHorizon;
      const std::int64_t past = end - kNetHorizon;
      // Half of the windows see only a short past, as a new model has.
      const bool shortened = rng.chance(0.5);
      const double length =
          kKnownMin * std::pow(static_cast<double>(kShortenedMax) / kKnownMin, rng.uniform());
      const std::int64_t first =
          shortened ? std::max<std::int64_t>(0, past - static_cast<std::int64_t>(length)) : 0;
      HistoryView part =
          slice(whole, static_cast<std::size_t>(first), static_cast<std::size_t>(end));
      if (shortened) part.season = 0;
      const auto examples = examples_of(part, regime, kNetHorizon, 1);
      task.insert(task.end(), examples.begin(), examples.end());
    }
    if (task.size() >= 2) tasks.push_back(std::move(task));
  }
  return tasks;
}

}  // namespace starling
