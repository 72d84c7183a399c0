// Implements apps/lab/forecast_evaluation.h.
#include "apps/lab/forecast_evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "forecast/baselines.h"
#include "forecast/meta/maml.h"
#include "forecast/meta/online_forecaster.h"
#include "forecast/metrics.h"
#include "forecast/net/net_forecaster.h"

namespace starling::lab {
namespace {

constexpr std::size_t kPointsMin = 48;
constexpr std::size_t kLevel90 = 9;
constexpr std::size_t kLevel99 = 11;
static_assert(kQuantileLevels[kLevel90] == 0.9 && kQuantileLevels[kLevel99] == 0.99);

/// One moment of one workload: what was known, and where what came is to be found.
struct Case {
  const Series* series = nullptr;
  std::size_t origin = 0;
  NamedHistory history;
};

std::vector<Case> cases_of(const Dataset& dataset, const EvaluationOptions& options) {
  std::vector<Case> cases;
  for (const Series& series : dataset.workloads) {
    if (series.size() < kPointsMin) continue;
    const std::size_t first = series.size() / 2;
    const std::size_t room = series.size() - kNetHorizon - first;
    for (int k = 0; k < options.origins; ++k) {
      const std::size_t origin =
          first + room * static_cast<std::size_t>(k) / static_cast<std::size_t>(options.origins);
      const auto seen = std::min(origin, static_cast<std::size_t>(options.history));
      HistoryView history = slice(history_of(series), origin - seen, origin);
      if (static_cast<std::size_t>(history.season) > seen) history.season = 0;
      const bool any_known = std::any_of(history.present.begin(), history.present.end(),
                                         [](std::uint8_t known) { return known != 0; });
      if (!any_known) continue;
      cases.push_back({&series, origin, {fmt::format("{}@{}", series.workload, origin), history}});
    }
  }
  return cases;
}

void add_outcomes(const Case& one, const Forecast& forecast, QuantileScore& score) {
  for (std::size_t h = 0; h < kNetHorizon; ++h) {
    const std::size_t i = one.origin + h;
    if (one.series->present[i]) score.add(forecast.steps[h], one.series->values[i]);
  }
}

MethodScore summary(const std::string& method, const QuantileScore& score) {
  return {.method = method,
          .wql = score.wql(),
          .relative = 0,
          .coverage90 = score.coverage(kLevel90),
          .coverage99 = score.coverage(kLevel99)};
}

/// A forecaster that keeps its contract refuses none of the cases; a refused one does not count.
MethodScore score_of(const Forecaster& forecaster, const std::vector<Case>& cases) {
  QuantileScore score;
  for (const Case& one : cases) {
    const auto made = forecaster.forecast({&one.history.history, 1}, kNetHorizon);
    if (made) add_outcomes(one, made->front(), score);
  }
  return summary(forecaster.name(), score);
}

MethodScore score_online(const ForecasterArtifact& artifact, const std::vector<Case>& cases,
                         const EvaluationOptions& options, DatasetScore& counts) {
  constexpr std::size_t kTogether = 64;
  QuantileScore score;
  OnlineForecaster forecaster(artifact);
  for (std::size_t first = 0; first < cases.size(); first += kTogether) {
    std::vector<NamedHistory> histories;
    for (std::size_t i = first; i < std::min(cases.size(), first + kTogether); ++i) {
      histories.push_back(cases[i].history);
    }
    for (const AdaptReport& report : forecaster.adapt(histories, options.adapt_steps)) {
      counts.adapted += report.adapted;
      counts.smoothed += report.smoothed;
    }
    const auto made = forecaster.forecast(histories, kNetHorizon);
    if (!made) continue;
    for (std::size_t i = 0; i < made->size(); ++i)
      add_outcomes(cases[first + i], (*made)[i], score);
    for (const NamedHistory& history : histories) forecaster.forget(history.model);
  }
  return summary("online", score);
}

}  // namespace

std::vector<DatasetScore> evaluate(const std::vector<Dataset>& datasets,
                                   const ForecasterArtifact& artifact,
                                   const EvaluationOptions& options) {
  const NetForecaster net(artifact);
  std::vector<DatasetScore> scores;
  for (const Dataset& dataset : datasets) {
    const std::vector<Case> cases = cases_of(dataset, options);
    DatasetScore score{
        .dataset = dataset.name, .workloads = 0, .forecasts = cases.size(), .methods = {}};
    for (const Series& series : dataset.workloads) score.workloads += series.size() >= kPointsMin;
    for (const std::string& name : baseline_names()) {
      if (const auto baseline = make_forecaster(name)) {
        score.methods.push_back(score_of(**baseline, cases));
      }
    }
    score.methods.push_back(score_of(net, cases));
    score.methods.push_back(score_online(artifact, cases, options, score));
    for (MethodScore& method : score.methods) method.relative = method.wql / score.methods[0].wql;
    scores.push_back(std::move(score));
  }
  return scores;
}

std::vector<double> mean_relative(const std::vector<DatasetScore>& scores) {
  std::vector<double> means;
  if (scores.empty()) return means;
  for (std::size_t m = 0; m < scores[0].methods.size(); ++m) {
    double logs = 0;
    int count = 0;
    for (const DatasetScore& score : scores) {
      const double relative = score.methods[m].relative;
      if (!(relative > 0) || !std::isfinite(relative)) continue;
      logs += std::log(relative);
      ++count;
    }
    means.push_back(count > 0 ? std::exp(logs / count) : 0);
  }
  return means;
}

}  // namespace starling::lab
