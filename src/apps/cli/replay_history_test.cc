// What the nodes' answers add up to.
#include "apps/cli/replay_history.h"

#include <gmock/gmock.h>

namespace starling::cli {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::int64_t kNoon = 1'700'049'600;  // a whole hour

TimePoint at(std::int64_t second) { return TimePoint{std::chrono::seconds(second)}; }

/// Rows of coverage_sql: the first and last step of each tier.
json coverage(json seconds, json minutes, json hours, json cost = {nullptr, nullptr}) {
  return json::array({{1, seconds[0], seconds[1]},
                      {60, minutes[0], minutes[1]},
                      {3600, hours[0], hours[1]},
                      {0, cost[0], cost[1]}});
}

const json kNone = {nullptr, nullptr};

TEST(ReplayHistory, SecondsServeWhereTheyReachAsFarBack) {
  const auto span =
      span_of({coverage({kNoon + 5, kNoon + 304}, {kNoon, kNoon + 240}, kNone)}, at(kNoon + 400));
  ASSERT_TRUE(span);
  EXPECT_EQ(span->step, Duration(1s));
  EXPECT_EQ(span->since, at(kNoon + 5));
  EXPECT_EQ(span->until, at(kNoon + 305));
  EXPECT_EQ(span->steps(), 300u);
}

TEST(ReplayHistory, MinutesServeWhereSecondsAreGone) {
  const auto span = span_of({coverage({kNoon + 86'400, kNoon + 90'000}, {kNoon, kNoon + 89'940},
                                      {kNoon, kNoon + 86'400})},
                            at(kNoon + 100'000));
  ASSERT_TRUE(span);
  EXPECT_EQ(span->step, Duration(60s));
  EXPECT_EQ(span->since, at(kNoon));
  EXPECT_EQ(span->until, at(kNoon + 90'000));
}

TEST(ReplayHistory, TheSpanReachesOverAllNodes) {
  const auto span = span_of({coverage({kNoon + 50, kNoon + 99}, kNone, kNone),
                             coverage({kNoon + 10, kNoon + 60}, kNone, kNone)},
                            at(kNoon + 500));
  ASSERT_TRUE(span);
  EXPECT_EQ(span->since, at(kNoon + 10));
  EXPECT_EQ(span->until, at(kNoon + 100));
}

TEST(ReplayHistory, SecondsWhoseCostIsNotRecordedYetAreLeftOut) {
  const json seconds = {kNoon, kNoon + 99};
  const auto until = at(kNoon + 500);
  EXPECT_EQ(span_of({coverage(seconds, kNone, kNone, {kNoon + 80, kNoon + 90})}, until)->until,
            at(kNoon + 90));
  EXPECT_EQ(span_of({coverage(seconds, kNone, kNone, {kNoon + 10, kNoon + 20})}, until)->until,
            at(kNoon + 100))
      << "no replica ran any more";
}

TEST(ReplayHistory, ASpanWithoutRecordsIsRefused) {
  const auto span = span_of({coverage(kNone, kNone, kNone)}, at(kNoon));
  ASSERT_FALSE(span);
  EXPECT_THAT(span.error().message, HasSubstr("no requests"));
}

Recorded two_models() {
  Recorded recorded;
  recorded.models.resize(2);
  recorded.models[0].spec.name = "a";
  recorded.models[1].spec.name = "b";
  return recorded;
}

TEST(ReplayHistory, RequestsOfAllGatewaysAddUp) {
  std::vector<double> demand(5, 0);
  add_demand(R"([["0 3 2 4"], ["4 1"]])"_json, demand);
  add_demand(R"([["2 6 7 9"]])"_json, demand);
  add_demand(R"([[null]])"_json, demand);
  EXPECT_THAT(demand, ElementsAre(3, 0, 10, 0, 1)) << "what is outside the span counts for nothing";
}

TEST(ReplayHistory, WhatNodesCountedAddsUpByModel) {
  Recorded recorded = two_models();
  add_usage(
      R"([["a", 90, 10, 80, 100, 4500.0, 6.0], ["b", 5, 0, 5, 5, 50.0, null], ["gone", 1, 1, 1, 2, 1.0, 1.0]])"_json,
      recorded);
  add_usage(R"([["a", 10, 0, 10, 10, 500.0, 1.5]])"_json, recorded);
  add_cost(R"([["a", 3600.0, 0.25, 900.0]])"_json, recorded);
  add_cost(R"([["a", 1800.0, 0.5, 450.0], ["b", 60.0, null, null]])"_json, recorded);
  add_latency(R"([[100, 3], [120, 1]])"_json, recorded);
  add_starts(R"([["a", 2.5], ["a", 1.5], ["b", 4.0]])"_json, recorded);
  const RecordedModel& a = recorded.models[0];
  EXPECT_EQ(a.completed, 100u);
  EXPECT_EQ(a.failed, 10u);
  EXPECT_EQ(a.within_slo, 90u);
  EXPECT_EQ(a.judged, 110u);
  EXPECT_NEAR(a.latency_sum_s, 5, 1e-12);
  EXPECT_NEAR(a.replica_s, 5400, 1e-9);
  EXPECT_NEAR(a.cost, 0.75, 1e-12);
  EXPECT_NEAR(a.core_s, 1350, 1e-9);
  EXPECT_NEAR(a.cpu_s, 7.5, 1e-12);
  EXPECT_THAT(a.cold_starts_s, ElementsAre(2.5, 1.5));
  EXPECT_EQ(recorded.models[1].completed, 5u);
  EXPECT_EQ(recorded.latency.count(), 4u);
}

TEST(ReplayHistory, DecisionsGiveServiceTimesReplicasAndTheirOwnRhythm) {
  Recorded recorded = two_models();
  recorded.models[0].cold_starts_s = {3};
  // Of `a` two owners: at 10 requests a second 0.1 s without variation, at 30 a second 0.2 s with
  // squared variation 1.
  add_decisions({R"([["a", 10.0, 1.0, 0.1, 1.5, 2, 50, 2.004, 900.0, 4, 2.0]])"_json,
                 R"([["a", 30.0, 6.0, 2.4, 7.5, 1, 20, 60.0, 1000.0, 7, 2.0],
                     ["b", 0.0, null, null, null, 0, 20, 2.0, 950.0, 1, 6.0]])"_json},
                recorded);
  const RecordedModel& a = recorded.models[0];
  EXPECT_NEAR(a.service_mean_s, 9.0 / 40, 1e-12) << "for so long they keep a slot";
  const double mean = 7.0 / 40;
  EXPECT_NEAR(a.service_scv, (2.5 / 40) / (mean * mean) - 1, 1e-9);
  EXPECT_EQ(a.initial, 4) << "of the earlier one";
  EXPECT_EQ(a.scale_actions, 3u);
  EXPECT_THAT(a.cold_starts_s, ElementsAre(3));
  EXPECT_EQ(recorded.decision_interval, Duration(2s)) << "of whoever decided most";
  const RecordedModel& b = recorded.models[1];
  EXPECT_EQ(b.service_mean_s, 0) << "nothing was served";
  EXPECT_THAT(b.cold_starts_s, ElementsAre(6)) << "what its decisions reckoned with";
}

TEST(ReplayHistory, NodesThatAreGoneHoldNothing) {
  const json capacity = {{"cpu_millis", 4000}, {"memory_bytes", 1 << 30}};
  json node = {{"name", "n1"},
               {"state", "alive"},
               {"cloud", "aws"},
               {"region", ""},
               {"zone", "z"},
               {"capacity", capacity},
               {"price_per_cpu_hour", 0.05},
               {"price_per_gib_hour", 0.0}};
  json dead = node;
  dead["state"] = "dead";
  const auto nodes = scenario_nodes({node, dead});
  ASSERT_EQ(nodes.size(), 1u);
  EXPECT_EQ(nodes[0].cpu_millis, 4000);
  EXPECT_NEAR(nodes[0].price_per_cpu_hour, 0.025, 1e-12) << "half of the price, the other half …";
  EXPECT_NEAR(nodes[0].price_per_gib_hour, 0.025 / 4, 1e-12) << "… is for 4 GiB";
}

}  // namespace
}  // namespace starling::cli
