// Implements apps/lab/forecast_methods.h.
#include "apps/lab/forecast_methods.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <span>
#include <utility>

#include "base/nearest.h"
#include "forecast/baselines.h"
#include "forecast/meta/online_forecaster.h"
#include "forecast/net/net_forecaster.h"
#include "forecast/trees/boosted_trees.h"

namespace starling::lab {
namespace {

constexpr std::size_t kBatch = 4096;  // bounds the memory of one call

/// Case indices by dataset and horizon, in batches: a call forecasts all its histories equally far.
std::vector<std::vector<std::size_t>> batches(const std::vector<ForecastCase>& cases,
                                              std::size_t size) {
  std::map<std::pair<std::string, std::size_t>, std::vector<std::size_t>> open;
  std::vector<std::vector<std::size_t>> full;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    auto& batch = open[{cases[i].dataset, cases[i].future.size()}];
    batch.push_back(i);
    if (batch.size() == size) full.push_back(std::exchange(batch, {}));
  }
  for (auto& [kind, batch] : open) {
    if (!batch.empty()) full.push_back(std::move(batch));
  }
  return full;
}

/// `forecast(indices, horizon)` gives the forecasts of these cases.
template <typename ForecastBatch>
Result<MethodForecasts> run_batches(const std::string& name, const std::vector<ForecastCase>& cases,
                                    std::size_t batch_size, ForecastBatch forecast) {
  using Stopwatch = std::chrono::steady_clock;
  MethodForecasts run;
  run.name = name;
  run.steps.resize(cases.size());
  for (const auto& batch : batches(cases, batch_size)) {
    const auto horizon = static_cast<int>(cases[batch.front()].future.size());
    const auto began = Stopwatch::now();
    auto made = forecast(batch, horizon);
    run.seconds += std::chrono::duration<double>(Stopwatch::now() - began).count();
    if (!made) return fail(made.error().code, "{}: {}", name, made.error().message);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      run.steps[batch[i]] = std::move((*made)[i].steps);
    }
  }
  return run;
}

Result<MethodForecasts> run_forecaster(const std::string& name, const Forecaster& forecaster,
                                       const std::vector<ForecastCase>& cases) {
  return run_batches(name, cases, kBatch, [&](const std::vector<std::size_t>& batch, int horizon) {
    std::vector<HistoryView> views;
    for (const std::size_t i : batch) views.push_back(cases[i].view());
    return forecaster.forecast(views, horizon);
  });
}

/// Cases whose histories tell how the forecasts of a dataset err.
constexpr std::size_t kRecordCases = 512;

/// An agent that has served a dataset's workloads over the newest points of their histories: its
/// record of what came of its forecasts is what calibrates the next ones. No future is looked at.
Result<OnlineForecaster> agent_of(const ForecasterArtifact& artifact,
                                  const std::vector<ForecastCase>& cases,
                                  const std::string& dataset, int horizon) {
  std::vector<NamedHistory> all;
  for (const ForecastCase& one : cases) {
    if (one.dataset == dataset) all.push_back({one.id, one.view()});
  }
  OnlineForecaster online(artifact, {.tracks_max = static_cast<int>(all.size())});
  std::vector<NamedHistory> some;
  const std::size_t count = std::min(kRecordCases, all.size());
  for (std::size_t k = 0; k < count; ++k) some.push_back(all[k * all.size() / count]);
  if (auto status = online.catch_up(some, horizon, OnlineForecaster::kCatchUpPoints); !status) {
    return fail(status.error());
  }
  return online;
}

Result<MethodForecasts> run_online(const std::string& name, const std::vector<ForecastCase>& cases,
                                   const std::string& model) {
  constexpr std::size_t kTogether = 64;
  const auto artifact = read_artifact(model);
  if (!artifact) return fail(artifact.error());
  std::map<std::string, OnlineForecaster> agents;
  return run_batches(
      name, cases, kTogether,
      [&](const std::vector<std::size_t>& batch, int horizon) -> Result<std::vector<Forecast>> {
        const std::string& dataset = cases[batch.front()].dataset;
        auto found = agents.find(dataset);
        if (found == agents.end()) {
          auto made = agent_of(*artifact, cases, dataset, horizon);
          if (!made) return fail(made.error());
          found = agents.emplace(dataset, std::move(*made)).first;
        }
        OnlineForecaster& online = found->second;
        std::vector<NamedHistory> histories;
        for (const std::size_t i : batch) histories.push_back({cases[i].id, cases[i].view()});
        online.adapt(histories);
        auto forecasts = online.forecast(histories, horizon);
        for (const auto& history : histories) online.forget(history.model);
        return forecasts;
      });
}

}  // namespace

std::vector<std::string> method_names() {
  std::vector<std::string> names = baseline_names();
  names.insert(names.end(), {"gbt", "net", "online"});
  return names;
}

std::vector<std::string> built_in_methods() {
  std::vector<std::string> names = method_names();
  if (!has_boosted_trees()) std::erase(names, "gbt");
  return names;
}

Result<MethodForecasts> run_method(const std::string& name, const std::vector<ForecastCase>& cases,
                                   const std::string& model) {
  if (name == "online") return run_online(name, cases, model);
  if (name == "net") {
    const auto net = NetForecaster::load(model);
    if (!net) return fail(net.error());
    return run_forecaster(name, **net, cases);
  }
  if (name == "gbt") {
    const auto trees = make_boosted_trees();
    if (!trees) return fail(trees.error());
    return run_forecaster(name, **trees, cases);
  }
  const auto names = method_names();
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    return fail(ErrorCode::kInvalid, "no method '{}'{}; there are {}", name,
                did_you_mean(name, names), fmt::join(names, ", "));
  }
  const auto baseline = make_forecaster(name);
  if (!baseline) return fail(baseline.error());
  return run_forecaster(name, **baseline, cases);
}

}  // namespace starling::lab
