// Every policy in scenarios at the edge of what is sensible: finite numbers, never more than there
// is, nothing lost without trace.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "forecast/baselines.h"
#include "sim/replay.h"

namespace starling {
namespace {

ScenarioModel model_of(std::vector<double> demand) {
  ScenarioModel model;
  model.name = "m0";
  model.service_time = {Distribution::Law::kLognormal, 0.02, 0.06, 0.5, {}};
  model.slo = {500ms, 95};
  model.cold_start = 20s;
  model.warm_start = 5s;
  model.queue_limit = 50;
  model.replicas = {0, 6};
  model.resources = {1000, 1};
  model.demand = std::move(demand);
  return model;
}

Scenario scenario_of(std::vector<ScenarioModel> models) {
  Scenario scenario;
  scenario.name = "extreme";
  scenario.nodes = {{"a", "x", "", "", 4000, 100, 0.25, 0}, {"b", "y", "", "", 4000, 100, 0.5, 0}};
  scenario.models = std::move(models);
  for (std::size_t i = 0; i < scenario.models.size(); ++i)
    scenario.models[i].name = fmt::format("m{}", i);
  return scenario;
}

/// What holds of every replay; the first thing that does not, or nothing.
std::string wrong_with(const Scenario& scenario, const ReplayOutcome& outcome) {
  double end_s = 0;
  double cpu_millis = 0;
  double held_millis_s = 0;
  for (const auto& node : scenario.nodes) cpu_millis += static_cast<double>(node.cpu_millis);
  for (std::size_t i = 0; i < scenario.models.size(); ++i) {
    const auto& totals = outcome.models[i].totals;
    end_s = std::max(end_s, static_cast<double>(scenario.models[i].demand.size()) *
                                seconds(scenario.trace_interval));
    held_millis_s +=
        outcome.models[i].replica_s * static_cast<double>(scenario.models[i].resources.cpu_millis);
    if (totals.arrived != totals.served + totals.dropped) return "requests are lost";
    if (totals.met_slo > totals.served) return "more met their SLO than were served";
    if (!std::isfinite(totals.latency_sum_s) || totals.latency_sum_s < -1e-6) return "latencies";
    if (totals.wait_sum_s < -1e-6 || totals.busy_s < -1e-6) return "times below zero";
  }
  if (!(held_millis_s <= cpu_millis * end_s * (1 + 1e-9))) return "more than the capacity";
  for (const double share : {outcome.slo_attainment, outcome.slo_attainment_model_mean})
    if (!(share >= 0 && share <= 1)) return "an attainment outside 0 to 1";
  for (const double figure : {outcome.replica_hours, outcome.cost, outcome.utilization,
                              outcome.latency_mean_ms, outcome.latency_p99_ms}) {
    if (!std::isfinite(figure) || figure < 0) return "a figure that is no amount";
  }
  return "";
}

void every_policy_is_sane(const Scenario& scenario) {
  const auto ses = make_forecaster("ses").value();
  for (const auto& policy : replay_policies()) {
    const auto outcome = replay(scenario, policy, ses.get(), 1);
    ASSERT_TRUE(outcome.has_value()) << policy << ": " << outcome.error().message;
    EXPECT_EQ(wrong_with(scenario, *outcome), "") << policy;
  }
}

TEST(Extremes, NoTraffic) {
  const Scenario scenario = scenario_of({model_of(std::vector<double>(20, 0)), model_of({0})});
  every_policy_is_sane(scenario);
  EXPECT_EQ(replay(scenario, "predictive", nullptr, 1)->replica_hours, 0) << "the minimum is 0";
}

TEST(Extremes, AThousandfoldSpike) {
  std::vector<double> demand(12, 30);
  demand[5] = demand[6] = 30'000;
  every_policy_is_sane(scenario_of({model_of(demand), model_of(std::vector<double>(12, 60))}));
}

TEST(Extremes, AModelThatNeverBecomesReady) {
  auto model = model_of(std::vector<double>(10, 300));
  model.cold_start = model.warm_start = 24h;
  model.release = 30s;
  const Scenario scenario = scenario_of({model, model_of(std::vector<double>(10, 300))});
  every_policy_is_sane(scenario);
  const auto outcome = replay(scenario, "hpa", nullptr, 1).value();
  EXPECT_EQ(outcome.models[0].totals.met_slo, 0u);
}

TEST(Extremes, ATraceShorterThanAStartOrADecision) {
  every_policy_is_sane(scenario_of({model_of({30})}));
  Scenario scenario = scenario_of({model_of({3})});
  scenario.trace_interval = 2s;
  every_policy_is_sane(scenario);
  scenario.models[0].demand.clear();
  every_policy_is_sane(scenario);
}

TEST(Extremes, FailuresFasterThanStarts) {
  auto model = model_of(std::vector<double>(10, 300));
  model.mean_time_between_failures = 1s;
  model.batch = {4, 0.5};
  Scenario scenario = scenario_of({model, model});
  scenario.evictions = {{0, 0, 0, 60}, {0, 30, 90, 120}, {1, 60, 60, 100'000}};
  every_policy_is_sane(scenario);
}

ScenarioModel any_model() {
  const auto intervals = static_cast<std::size_t>(*rc::gen::inRange(1, 8));
  std::vector<double> demand;
  for (std::size_t i = 0; i < intervals; ++i)
    demand.push_back(*rc::gen::element(0, 1, 40, 400, 2000));
  ScenarioModel model = model_of(demand);
  using Law = Distribution::Law;
  model.service_time =
      *rc::gen::element(model.service_time, Distribution{Law::kConstant, 0.1, 0, 1, {}},
                        Distribution{Law::kGamma, 0, 0.5, 0.2, {}},
                        Distribution{Law::kEmpirical, 0, 0, 1, {0.01, 3}});
  model.replicas.min = *rc::gen::inRange(0, 2);
  model.replicas.max = model.replicas.min + *rc::gen::inRange(1, 8);
  model.initial = model.replicas.min;
  model.queue_limit = *rc::gen::element(0, 1, 20, 1000);
  model.concurrency = *rc::gen::inRange(1, 4);
  model.cold_start = *rc::gen::element<Duration>(0s, 5s, 45s, 2h);
  model.warm_start = *rc::gen::element<Duration>(0s, model.cold_start);
  if (*rc::gen::arbitrary<bool>())
    model.cold_start_law = Distribution{Law::kExponential, 0, 20, 1, {}};
  model.release = *rc::gen::element<Duration>(0s, 30s);
  model.mean_time_between_failures = *rc::gen::element<Duration>(0s, 0s, 10s, 5min);
  model.batch = *rc::gen::element(Batching{}, Batching{}, Batching{3, 0.3}, Batching{8, 0});
  return model;
}

RC_GTEST_PROP(Extremes, HoldForAnyScenarioAndPolicy, (std::uint64_t seed)) {
  std::vector<ScenarioModel> models(static_cast<std::size_t>(*rc::gen::inRange(1, 4)));
  for (auto& model : models) model = any_model();
  Scenario scenario = scenario_of(std::move(models));
  scenario.arrivals = *rc::gen::element(Arrivals::kPoisson, Arrivals::kBursty, Arrivals::kCounted,
                                        Arrivals::kEven, Arrivals::kRecorded);
  scenario.arrivals_scv = *rc::gen::element(1.0, 9.0, 100.0);
  if (*rc::gen::arbitrary<bool>()) scenario.evictions = {{0, 40, 70, 200}, {1, 50, 50, 90}};
  const auto ses = make_forecaster("ses").value();
  for (const auto& policy : replay_policies()) {
    const auto outcome = replay(scenario, policy, ses.get(), seed);
    RC_ASSERT(outcome.has_value());
    RC_LOG() << policy << "\n";
    RC_ASSERT(wrong_with(scenario, *outcome) == "");
  }
}

}  // namespace
}  // namespace starling
