// Implements apps/lab/forecast_methods.h.
#include "apps/lab/forecast_methods.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <span>
#include <tuple>
#include <utility>

#include "base/nearest.h"
#include "forecast/baselines.h"
#include "forecast/meta/online_forecaster.h"
#include "forecast/net/net_forecaster.h"
#include "forecast/trees/boosted_trees.h"

namespace starling::lab {
namespace {

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

bool needs_weights(const std::string& name) { return name == "net" || name == "online"; }

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
  MethodForecasts run;
  run.name = name;
  run.steps.resize(cases.size());
  for (const auto& batch : batches(cases, batch_size)) {
    const auto horizon = static_cast<int>(cases[batch.front()].future.size());
    const Stopwatch watch;
    auto made = forecast(batch, horizon);
    run.seconds += watch.seconds();
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

/// Histories that tell how the forecasts of a dataset err: at the first moment, and at each later.
constexpr std::size_t kFirstMomentCases = 512;
constexpr std::size_t kLaterMomentCases = 64;

/// By dataset and horizon, the case indices of each moment: the one that the trace was cut at, or
/// of case files the k-th of each workload's cases, which stand in the order of time.
using Moments = std::map<std::pair<std::string, int>, std::vector<std::vector<std::size_t>>>;

Moments moments_of(const std::vector<ForecastCase>& cases) {
  std::map<std::tuple<std::string, int, std::string>, std::size_t> seen;
  Moments moments;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const ForecastCase& one = cases[i];
    const auto horizon = static_cast<int>(one.future.size());
    auto& alike = moments[{one.dataset, horizon}];
    const std::size_t rank = seen[{one.dataset, horizon, one.workload}]++;
    const std::size_t k = one.moment ? static_cast<std::size_t>(*one.moment) : rank;
    if (k >= alike.size()) alike.resize(k + 1);
    alike[k].push_back(i);
  }
  for (auto& [kind, all] : moments)
    std::erase_if(all, [](const auto& moment) { return moment.empty(); });
  return moments;
}

/// What an agent knows that has served a dataset's workloads until this moment: its record of what
/// came of its forecasts of up to `most` histories' newest points calibrates the next ones.
Status serve(OnlineForecaster& online, const std::vector<ForecastCase>& cases,
             const std::vector<std::size_t>& moment, std::size_t most, int horizon) {
  const std::size_t count = std::min(most, moment.size());
  std::vector<NamedHistory> some;
  for (std::size_t k = 0; k < count; ++k) {
    const ForecastCase& one = cases[moment[k * moment.size() / count]];
    some.push_back({one.id, one.view()});
  }
  return online.catch_up(some, horizon, OnlineForecaster::kCatchUpPoints);
}

/// Forecasts these cases, which are of one moment and equally far, each by what its own history
/// adds to what the agent knows.
Status forecast_moment(OnlineForecaster& online, const std::vector<ForecastCase>& cases,
                       std::span<const std::size_t> some, int horizon, MethodForecasts& run) {
  std::vector<NamedHistory> histories;
  for (const std::size_t i : some) histories.push_back({cases[i].id, cases[i].view()});
  online.adapt(histories);
  auto forecasts = online.forecast(histories, horizon);
  if (!forecasts) return fail(forecasts.error());
  for (std::size_t k = 0; k < some.size(); ++k) {
    run.steps[some[k]] = std::move((*forecasts)[k].steps);
    online.forget(cases[some[k]].id);
  }
  return {};
}

/// Moment by moment, so that nothing is known of a case but what lies before it, of other workloads
/// too where their moments coincide.
Result<MethodForecasts> run_online(const std::string& name, const std::vector<ForecastCase>& cases,
                                   const ForecasterArtifact& weights) {
  constexpr std::size_t kTogether = 64;
  MethodForecasts run;
  run.name = name;
  run.steps.resize(cases.size());
  const Stopwatch watch;
  for (const auto& [kind, all] : moments_of(cases)) {
    const int horizon = kind.second;
    OnlineForecaster online(weights, {.tracks_max = static_cast<int>(cases.size())});
    std::size_t known = kFirstMomentCases;
    for (const auto& moment : all) {
      Status status = serve(online, cases, moment, known, horizon);
      known = kLaterMomentCases;
      const std::span<const std::size_t> whole = moment;
      for (std::size_t i = 0; status && i < whole.size(); i += kTogether) {
        const auto some = whole.subspan(i, std::min(kTogether, whole.size() - i));
        status = forecast_moment(online, cases, some, horizon, run);
      }
      if (!status) return fail(status.error().code, "{}: {}", name, status.error().message);
    }
  }
  run.seconds = watch.seconds();
  return run;
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

Status check_methods(const std::vector<std::string>& names) {
  const auto known = method_names();
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return fail(ErrorCode::kInvalid, "no method '{}'{}; there are {}", name,
                  did_you_mean(name, known), fmt::join(known, ", "));
    }
    if (name != "gbt") continue;
    const auto trees = make_boosted_trees();
    if (!trees) return fail(trees.error());
  }
  return {};
}

bool use_weights(const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), needs_weights);
}

Result<MethodForecasts> run_method(const std::string& name, const std::vector<ForecastCase>& cases,
                                   const ForecasterArtifact* weights) {
  if (Status known = check_methods({name}); !known) return fail(known.error());
  if (needs_weights(name) && weights == nullptr) {
    return fail(ErrorCode::kInvalid, "{} forecasts with trained weights: name them with --model",
                name);
  }
  if (name == "online") return run_online(name, cases, *weights);
  if (name == "net") return run_forecaster(name, NetForecaster(*weights), cases);
  if (name == "gbt") {
    const auto trees = make_boosted_trees();
    if (!trees) return fail(trees.error());
    return run_forecaster(name, **trees, cases);
  }
  const auto baseline = make_forecaster(name);
  if (!baseline) return fail(baseline.error());
  return run_forecaster(name, **baseline, cases);
}

}  // namespace starling::lab
