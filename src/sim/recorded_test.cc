#include "sim/recorded.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace starling {
namespace {

using testing::HasSubstr;

/// Ten minutes of 20 requests a second that take 50 ms, on one node of eight cores.
Recorded ten_minutes() {
  Recorded recorded;
  recorded.name = "mine";
  recorded.step = 1s;
  recorded.decision_interval = 2s;
  recorded.nodes = {{"n1", "aws", "", "", 8000, std::int64_t{16} << 30, 0.1, 0}};
  RecordedModel model;
  model.spec.name = "digits";
  model.spec.resources = {500, 256 << 20};
  model.spec.concurrency = 2;
  model.spec.replicas = {1, 8};
  model.demand.assign(600, 20);
  model.service_mean_s = 0.05;
  model.service_scv = 0.25;
  model.cold_starts_s = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  model.initial = 2;
  recorded.models = {model};
  return recorded;
}

TEST(Recorded, TheScenarioIsWhatWasMeasured) {
  const auto scenario = scenario_of(ten_minutes());
  ASSERT_TRUE(scenario) << scenario.error().message;
  EXPECT_EQ(scenario->trace_interval, Duration(1s));
  EXPECT_EQ(scenario->decision_interval, Duration(2s));
  ASSERT_EQ(scenario->models.size(), 1u);
  const ScenarioModel& model = scenario->models[0];
  EXPECT_NEAR(model.service_time.mean_s(), 0.05, 1e-9);
  EXPECT_NEAR(model.service_time.scv(), 0.25, 1e-9);
  EXPECT_EQ(model.cold_start, Duration(9s)) << "the 90th percentile";
  ASSERT_TRUE(model.cold_start_law);
  EXPECT_NEAR(model.cold_start_law->mean_s(), 5.5, 1e-9);
  EXPECT_EQ(model.concurrency, 2);
  EXPECT_EQ(model.replicas, (ReplicaLimits{1, 8}));
  EXPECT_EQ(model.initial, 2);
  EXPECT_EQ(model.resources, (Resources{500, 256 << 20}));
}

TEST(Recorded, AModelThatIsSizedBeginsWithItsMeanSizeAndWhatARequestTookOfTheCpu) {
  Recorded recorded = ten_minutes();
  RecordedModel& model = recorded.models[0];
  model.spec.sizing = {SizingMode::kAuto, {100, 64 << 20}, {2000, 1 << 30}, 1min};
  model.completed = 1000;
  model.in_model_s = 0.05;
  model.cpu_s = 20;
  model.replica_s = 1200;
  model.core_s = 300;
  const ScenarioModel sized = scenario_of(recorded)->models[0];
  EXPECT_EQ(sized.resources, (Resources{250, 256 << 20}));
  EXPECT_DOUBLE_EQ(sized.cpu_s_per_request, 0.02);
  EXPECT_NEAR(sized.service_time.mean_s(), 0.02 / 0.25, 1e-9) << "more than the time in the model";
  EXPECT_EQ(sized.sizing.mode, SizingMode::kAuto);
  EXPECT_EQ(sized.sizing.min, (Resources{100, 256 << 20})) << "memory stays";
  model.core_s = 2 * 1200;
  recorded.nodes[0].cpu_millis = 1500;
  EXPECT_FALSE(scenario_of(recorded)) << "no node has room for what replicas had in the mean";
  recorded.nodes[0].cpu_millis = 8000;
  model.cpu_s = 0;
  EXPECT_EQ(scenario_of(recorded)->models[0].sizing.mode, SizingMode::kOff)
      << "nothing is known of its CPU";
}

TEST(Recorded, EveryRequestIsReplayedUnderEveryPolicy) {
  Recorded recorded = ten_minutes();
  for (std::size_t i = 0; i < 600; ++i)
    recorded.models[0].demand[i] = static_cast<double>(i * 7 % 31);
  const auto measured = measured_outcome(recorded);
  const auto scenario = scenario_of(recorded);
  for (const char* policy : {"hpa", "kpa", "predictive", "learned", "static-peak"}) {
    for (const std::uint64_t seed : {1, 2}) {
      const auto outcome = replay(*scenario, policy, nullptr, seed);
      ASSERT_TRUE(outcome) << outcome.error().message;
      EXPECT_EQ(outcome->requests, measured.requests) << policy;
    }
  }
}

TEST(Recorded, ReplicasThatRanAtTheStartCannotExceedTodaysLimits) {
  Recorded recorded = ten_minutes();
  recorded.models[0].initial = 0;
  EXPECT_EQ(scenario_of(recorded)->models[0].initial, 1);
  recorded.models[0].initial = 12;
  EXPECT_EQ(scenario_of(recorded)->models[0].initial, 8);
}

TEST(Recorded, AServiceTimeThatNeverVariesStaysSo) {
  Recorded recorded = ten_minutes();
  recorded.models[0].service_scv = 0;
  const auto scenario = scenario_of(recorded);
  EXPECT_EQ(scenario->models[0].service_time.law, Distribution::Law::kConstant);
  EXPECT_NEAR(scenario->models[0].service_time.mean_s(), 0.05, 1e-12);
}

TEST(Recorded, MeasuredFiguresAreOfTheHistory) {
  Recorded recorded = ten_minutes();
  RecordedModel& model = recorded.models[0];
  model.completed = 11'990;
  model.failed = 10;
  model.judged = 12'000;
  model.within_slo = 11'400;
  model.latency_sum_s = 1199;
  model.replica_s = 7200;
  model.cost = 0.1;
  model.scale_actions = 3;
  recorded.latency.add(0.1, 12'000);
  const auto measured = measured_outcome(recorded);
  EXPECT_EQ(measured.policy, "measured");
  EXPECT_EQ(measured.requests, 12'000u);
  EXPECT_EQ(measured.dropped, 10u);
  EXPECT_NEAR(measured.slo_attainment, 0.95, 1e-12);
  EXPECT_NEAR(measured.slo_attainment_model_mean, 0.95, 1e-12);
  EXPECT_NEAR(measured.latency_mean_ms, 100, 1e-9);
  EXPECT_NEAR(measured.latency_p99_ms, 100, 1.1);
  EXPECT_NEAR(measured.replica_hours, 2, 1e-12);
  EXPECT_NEAR(measured.cost, 0.1, 1e-12);
  EXPECT_NEAR(measured.utilization, 12'000 * 0.05 / (7200 * 2), 1e-12);
  EXPECT_EQ(measured.scale_actions, 3u);
}

std::string refusal(const Recorded& recorded) {
  const auto scenario = scenario_of(recorded);
  return scenario ? "" : scenario.error().message;
}

TEST(Recorded, WhatCannotBeReplayedSaysWhy) {
  EXPECT_THAT(refusal(Recorded{}), HasSubstr("no model's requests in the span"));

  Recorded unserved = ten_minutes();
  unserved.models[0].service_mean_s = 0;
  EXPECT_THAT(refusal(unserved), HasSubstr("model 'digits': the history holds no service time"));

  Recorded unstarted = ten_minutes();
  unstarted.models[0].cold_starts_s.clear();
  EXPECT_THAT(refusal(unstarted), HasSubstr("no cold start"));

  Recorded large = ten_minutes();
  large.models[0].spec.resources.cpu_millis = 9000;
  EXPECT_THAT(refusal(large), HasSubstr("a replica takes 9 CPU and 256Mi: no node has so much"));

  Recorded brief = ten_minutes();
  brief.models[0].demand.resize(9);
  EXPECT_THAT(refusal(brief), HasSubstr("the span has 9s of history, a cold start of model "
                                        "'digits' takes 9.0 s"));
}

}  // namespace
}  // namespace starling
