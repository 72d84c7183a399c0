// Policies tuned to one attainment.
#include "sim/equal_slo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "policy/learned/shipped_net.h"
#include "sim/policy_evaluation.h"

namespace starling {
namespace {

/// One model for two hours whose load swings between 2 and 10 Erlang.
Scenario swinging() {
  Scenario scenario;
  scenario.name = "swinging";
  scenario.nodes = {{"all", "", "", "", 40'000, 0, 1, 0}};
  ScenarioModel model;
  model.name = "m";
  model.service_time = {Distribution::Law::kExponential, 0, 0.1, 1, {}};
  model.slo.latency = 500ms;
  model.slo.percentile = 99;
  model.queue_limit = 50;
  model.cold_start = 30s;
  model.replicas = {1, 40};
  model.initial = 6;
  model.resources = {1000, 0};
  for (int i = 0; i < 120; ++i) model.demand.push_back(60 * (60 + 40 * std::sin(i / 10.0)));
  scenario.models = {model};
  return scenario;
}

TEST(EqualSlo, TheTunedPolicyAttainsItAndACheaperTargetWouldNot) {
  const Scenario scenario = swinging();
  constexpr double kAttainment = 0.98;
  const EqualSlo found = replay_at_equal_slo(scenario, "hpa", kAttainment, nullptr, 1, 2).value();
  EXPECT_EQ(found.runs.size(), 2U) << "a seed each";
  EXPECT_GE(mean_attainment(found.runs), kAttainment);
  EXPECT_EQ(found.runs.front().policy, fmt::format("hpa@{:.3g}", found.value));
  PolicyOptions cheaper;
  knob_of("hpa")->set(cheaper, found.value + 0.05);
  ReplayRuns less;
  for (const std::uint64_t seed : {1, 2})
    less.push_back(replay(scenario, "hpa", nullptr, seed, {}, cheaper).value());
  EXPECT_LT(less.front().replica_hours, found.runs.front().replica_hours);
  EXPECT_LT(mean_attainment(less), kAttainment);
}

TEST(EqualSlo, WhereNobodyAttainsItTheBestSettingNeedNotBeTheSafest) {
  Scenario scenario = swinging();
  scenario.nodes.front().cpu_millis = 15'000;
  scenario.models.push_back(scenario.models.front());
  scenario.models.back().name = "in the other half of the time";
  for (double& count : scenario.models.back().demand) count = 60 * 120 - count;
  const EqualSlo found = replay_at_equal_slo(scenario, "hpa", 1, nullptr, 1, 1).value();
  PolicyOptions safe;
  knob_of("hpa")->set(safe, knob_of("hpa")->safest);
  const auto safest = replay(scenario, "hpa", nullptr, 1, {}, safe).value();
  EXPECT_LT(safest.slo_attainment, mean_attainment(found.runs)) << "it never lets a replica go";
}

TEST(EqualSlo, EveryKnobTurnsFromSafeToCheap) {
  for (const auto& policy : replay_policies()) {
    const Knob* knob = knob_of(policy);
    if (knob == nullptr) continue;
    PolicyOptions safe, cheap;
    knob->set(safe, knob->safest);
    knob->set(cheap, knob->cheapest);
    EXPECT_GT(replay(swinging(), policy, nullptr, 1, {}, safe)->replica_hours,
              replay(swinging(), policy, nullptr, 1, {}, cheap)->replica_hours)
        << policy;
  }
  const auto none = replay_at_equal_slo(swinging(), "static", 0.9, nullptr, 1, 1);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, ::testing::HasSubstr("'static' has no knob to tune; those that "
                                                         "have: aiad, greedy, hpa, kpa"));
}

TEST(PolicyEvaluation, WithoutANetworkItIsTheQueueingDecisionAndSilenceOfTheNetworkIsTheSame) {
  TapeSpec spec;
  spec.setting = {0.1, 0.5, 0.5, 99, 35, 10, 50, 1};
  for (int i = 0; i < 800; ++i) spec.rates.push_back(60 + 40 * std::sin(i / 60.0));
  const std::vector<std::shared_ptr<const WorkloadTape>> tapes{
      std::make_shared<WorkloadTape>(spec, Rng(1))};
  PolicyNet silent = *shipped_policy_net();
  silent.action_weight.assign(silent.action_weight.size(), 0);
  silent.action_bias.assign(silent.action_bias.size(), 0);
  const PolicyScore plain = evaluate_policy("predictive", nullptr, tapes);
  const PolicyScore same = evaluate_policy("silent", &silent, tapes);
  EXPECT_EQ(plain.cost, same.cost);
  EXPECT_EQ(plain.missed, same.missed);
  EXPECT_GT(plain.cost, 1) << "nobody knows the rate to come";
  EXPECT_LT(plain.missed, 0.05);
  EXPECT_NE(evaluate_policy("learned", shipped_policy_net().get(), tapes).cost, plain.cost);
}

}  // namespace
}  // namespace starling
