// The owner of one model, driven by hand: forecast, decision, tender, takeover, replacement.
#include "control/owner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Node a, which owns the model, and node b. Decisions fall at 0 s and then 0.3 s after even
/// seconds.
class OwnerTest : public ::testing::Test {
 protected:
  OwnerTest() {
    spec_.policy = "static";
    hear(0s, {});
  }

  /// Both nodes beat; the replicas are told by the nodes that they name.
  void hear(Duration time, const std::vector<ReplicaStatus>& replicas) {
    ++sequence_;
    for (const auto& name : {"a", "b"}) {
      std::vector<ReplicaStatus> own;
      for (const auto& r : replicas) {
        if (r.node == name) own.push_back(r);
      }
      members_.on_heartbeat(heartbeat(node(name, "c1", fmt::format("z-{}", name)), sequence_, own),
                            at(time));
    }
  }

  ModelOwner owner(Duration since = 0s) {
    return ModelOwner("a", "a.1", {spec_, 1}, at(since), options_);
  }
  OwnerContext context(Duration time) const { return {members_, demand_, at(time)}; }

  void demand(int from, int to, std::uint64_t rate) {
    for (int s = from; s < to; ++s) {
      TrafficSample sample;
      sample.model = "m";
      sample.arrivals = rate;
      demand_.add(at(std::chrono::seconds(s)), sample);
    }
  }

  static Decision decision(const Effects& effects) {
    const auto found = all<Decided>(effects);
    EXPECT_THAT(found, SizeIs(1));
    return found.empty() ? Decision{} : found.front().decision;
  }

  /// Asks for replicas at `time` and returns the request's id.
  std::string ask(ModelOwner& owner, Duration time) {
    const auto requests = sent<BidRequest>(owner.on_tick(context(time)));
    EXPECT_THAT(requests, SizeIs(1));
    return requests.empty() ? "" : requests.front().request;
  }

  ModelSpec spec_ = model("m", 1);
  OwnerOptions options_;
  Membership members_{{}};
  Demand demand_;
  std::uint64_t sequence_ = 0;
};

TEST_F(OwnerTest, EveryPolicyThatAManifestMayNameIsKnown) {
  EXPECT_EQ(policy_names(), known_policies());
}

TEST_F(OwnerTest, ReplicasOnASuspectNodeCountAsUnmeasured) {
  spec_.replicas.min = 2;
  const std::vector<ReplicaStatus> replicas{replica("a.1", spec_, "a"), replica("b.1", spec_, "b")};
  hear(0s, replicas);
  auto o = owner();
  EXPECT_EQ(decision(o.on_tick(context(0s))).observation.unmeasured, 0);
  ++sequence_;
  members_.on_heartbeat(heartbeat(node("a"), sequence_, {replicas[0]}), at(1700ms));
  members_.on_tick(at(1700ms));
  const auto observed = decision(o.on_tick(context(2300ms))).observation;
  EXPECT_EQ(observed.ready, 2);
  EXPECT_EQ(observed.unmeasured, 1);
}

TEST_F(OwnerTest, AsksForAForecastAndDecidesOnIt) {
  spec_.policy = "predictive";
  demand(-60, 0, 10);
  auto o = owner();
  const auto wanted = all<WantForecast>(o.on_tick(context(0s)));
  ASSERT_THAT(wanted, SizeIs(1));
  EXPECT_EQ(wanted[0].model, "m");
  // 5 s of assumed cold start and 2 s until the next decision: steps of 5 s, two and the one begun.
  EXPECT_EQ(wanted[0].series.step, 5s);
  EXPECT_EQ(wanted[0].horizon, 3);
  EXPECT_EQ(wanted[0].series.values.back(), 10);

  Forecast forecast{at(0s), 5s, "oracle", std::vector<Quantiles>(3)};
  for (auto& step : forecast.steps) step.fill(60);
  const auto d = decision(o.on_forecast(forecast, context(20ms)));
  EXPECT_THAT(d.allocation.reason, HasSubstr("oracle forecasts at most 60.0 req/s"));
  ASSERT_TRUE(d.forecast.has_value());
  EXPECT_EQ(d.forecast->method, "oracle");
  EXPECT_GE(d.allocation.replicas, 3) << "60 requests a second of 50 ms";
  EXPECT_THAT(all<Decided>(o.on_tick(context(200ms))), IsEmpty()) << "decided once";
}

TEST_F(OwnerTest, OneForecastServesAllDecisionsUntilItsNextStep) {
  spec_.policy = "predictive";
  options_.cold_start_guess = 28s;
  demand(-600, 30, 10);
  auto o = owner();
  const auto wanted = all<WantForecast>(o.on_tick(context(0s)));
  ASSERT_THAT(wanted, SizeIs(1));
  ASSERT_EQ(wanted[0].series.step, 10s);
  Forecast forecast{at(0s), 10s, "oracle", std::vector<Quantiles>(wanted[0].horizon)};
  for (auto& step : forecast.steps) step.fill(60);
  o.on_forecast(forecast, context(20ms));
  for (const Duration later : {2300ms, 4300ms, 6300ms, 8300ms}) {
    const Effects effects = o.on_tick(context(later));
    EXPECT_THAT(all<WantForecast>(effects), IsEmpty());
    EXPECT_EQ(decision(effects).forecast->origin, at(0s));
  }
  const auto again = all<WantForecast>(o.on_tick(context(10300ms)));
  ASSERT_THAT(again, SizeIs(1)) << "a step more is known";
  EXPECT_EQ(again[0].series.size(), wanted[0].series.size() + 1);
}

TEST_F(OwnerTest, DecidesWithoutAForecastThatDoesNotComeAndSaysSo) {
  spec_.policy = "predictive";
  demand(-60, 0, 10);
  auto o = owner();
  o.on_tick(context(0s));
  EXPECT_THAT(o.on_tick(context(499ms)), IsEmpty());
  const auto d = decision(o.on_tick(context(500ms)));
  EXPECT_FALSE(d.forecast.has_value());
  ASSERT_FALSE(d.allocation.guards.empty());
  EXPECT_EQ(d.allocation.guards.front().guard, "no-forecast");
}

TEST_F(OwnerTest, ShadowsChangeNothingOfWhatIsDecided) {
  spec_.policy = "kpa";
  spec_.replicas = {1, 8};
  demand(-60, 60, 40);
  auto alone = owner();
  spec_.shadow = {"hpa", "static"};
  auto watched = owner();
  hear(0s, {replica("a.1", spec_, "a"), replica("b.1", spec_, "b")});
  int compared = 0;
  for (Duration now = 0s; now < 40s; now += 100ms) {
    hear(now, {replica("a.1", spec_, "a"), replica("b.1", spec_, "b")});
    const Effects with = watched.on_tick(context(now));
    const Effects without = alone.on_tick(context(now));
    ASSERT_EQ(with.size(), without.size());
    if (all<Decided>(with).empty()) continue;
    Decision d = decision(with);
    ASSERT_THAT(d.shadow, SizeIs(3));
    EXPECT_TRUE(d.shadow[0].acting);
    EXPECT_EQ(d.shadow[0].policy, "kpa");
    EXPECT_EQ(d.shadow[0].wished, d.allocation.replicas);
    EXPECT_EQ(d.shadow[0].ready, 2);
    EXPECT_EQ(d.shadow[1].policy, "hpa");
    EXPECT_EQ(d.shadow[2].policy, "static");
    EXPECT_EQ(d.shadow[2].wished, 1);
    if (++compared > 1) EXPECT_DOUBLE_EQ(d.shadow[2].arrivals, d.shadow[0].arrivals);
    d.shadow.clear();
    EXPECT_EQ(to_json(d), to_json(decision(without)));
  }
  EXPECT_GT(compared, 10);
}

TEST_F(OwnerTest, ShadowsComeAndGoWithTheSpec) {
  auto o = owner();
  EXPECT_THAT(decision(o.on_tick(context(0s))).shadow, IsEmpty());
  spec_.shadow = {"hpa"};
  o.set_spec({spec_, 2}, at(0s));
  EXPECT_THAT(decision(o.on_tick(context(2300ms))).shadow, SizeIs(2));
  spec_.shadow = {};
  o.set_spec({spec_, 3}, at(0s));
  EXPECT_THAT(decision(o.on_tick(context(4300ms))).shadow, IsEmpty());
}

TEST_F(OwnerTest, WithoutAnyKnownDemandItDecidesAtOnce) {
  auto o = owner();
  const auto d = decision(o.on_tick(context(0s)));
  EXPECT_EQ(d.allocation.replicas, 1);
  EXPECT_EQ(d.outcome, "asked for 1 more");
}

TEST_F(OwnerTest, DecisionsFollowTheRhythm) {
  auto o = owner();
  hear(0s, {replica("r", spec_, "b")});
  EXPECT_THAT(all<Decided>(o.on_tick(context(0s))), SizeIs(1));
  EXPECT_THAT(all<Decided>(o.on_tick(context(299ms))), IsEmpty());
  EXPECT_THAT(all<Decided>(o.on_tick(context(300ms))), SizeIs(1));
  EXPECT_THAT(all<Decided>(o.on_tick(context(2200ms))), IsEmpty());
  EXPECT_THAT(all<Decided>(o.on_tick(context(2300ms))), SizeIs(1));
}

TEST_F(OwnerTest, ATenderClosesWhenEveryLiveNodeHasAnswered) {
  auto o = owner();
  const auto request = ask(o, 0s);
  EXPECT_EQ(request, "a.1/m/1");
  EXPECT_THAT(o.on_bid({request, "a", 1, 0.05, ""}, context(2ms)), IsEmpty());
  const auto awards = sent<Award>(o.on_bid({request, "b", 1, 0.02, ""}, context(4ms)));
  ASSERT_THAT(awards, SizeIs(2));
  EXPECT_EQ(awards[0].count, 0) << "the dearer node's promise is freed";
  EXPECT_EQ(awards[1].count, 1);
  EXPECT_EQ(awards[1].generation, generation_of(spec_));
  ASSERT_TRUE(o.last_change().has_value());
  ASSERT_THAT(o.last_change()->bids, SizeIs(2));
  EXPECT_FALSE(o.last_change()->bids[0].note.empty());

  const auto settled = all<TenderSettled>(
      o.on_award_reply({request, "b", "m", {}, "the promise has expired"}, context(6ms)));
  EXPECT_EQ(o.last_change()->bids[1].note, "refused: the promise has expired");
  ASSERT_THAT(settled, SizeIs(1));
  EXPECT_EQ(settled[0].decided, at(0s)) << "the time of the decision that asked";
  EXPECT_EQ(settled[0].bids[1].note, "refused: the promise has expired");
  EXPECT_EQ(settled[0].bids[1].started, 0);
}

TEST_F(OwnerTest, AnAwardThatNobodyAnswersIsSettledAllTheSame) {
  auto o = owner();
  const auto request = ask(o, 0s);
  o.on_bid({request, "a", 0, 0.05, "full"}, context(2ms));
  EXPECT_THAT(all<TenderSettled>(o.on_bid({request, "b", 1, 0.02, ""}, context(4ms))), IsEmpty());
  hear(1s, {replica("r", spec_, "b")});  // so that nothing more is asked for meanwhile
  EXPECT_THAT(all<TenderSettled>(o.on_tick(context(2003ms))), IsEmpty());
  const auto settled = all<TenderSettled>(o.on_tick(context(2004ms)));
  ASSERT_THAT(settled, SizeIs(1));
  EXPECT_EQ(settled[0].bids[1].awarded, 1);
  EXPECT_EQ(settled[0].bids[1].note, "did not answer the award");
  EXPECT_THAT(all<TenderSettled>(o.on_tick(context(2010ms))), IsEmpty()) << "once";
}

TEST_F(OwnerTest, ATenderWithoutRoomIsSettledAtOnce) {
  auto o = owner();
  const auto request = ask(o, 0s);
  o.on_bid({request, "a", 0, 0.05, "full"}, context(2ms));
  const auto settled = all<TenderSettled>(o.on_bid({request, "b", 0, 0.02, "full"}, context(3ms)));
  ASSERT_THAT(settled, SizeIs(1));
  EXPECT_EQ(settled[0].outcome, "asked for 1 more; no room for 1 of them");
}

TEST_F(OwnerTest, ATenderClosesAfterTheWindowAndALateBidIsFreed) {
  auto o = owner();
  const auto request = ask(o, 0s);
  o.on_bid({request, "a", 1, 0.05, ""}, context(2ms));
  EXPECT_THAT(o.on_tick(context(149ms)), IsEmpty());
  const auto awards = sent<Award>(o.on_tick(context(150ms)));
  ASSERT_THAT(awards, SizeIs(1));
  EXPECT_EQ(awards[0].count, 1);

  const auto late = o.on_bid({request, "b", 1, 0.02, ""}, context(160ms));
  ASSERT_THAT(all<Send>(late), SizeIs(1));
  EXPECT_EQ(all<Send>(late)[0].to, "b");
  EXPECT_EQ(sent<Award>(late)[0].count, 0);
  EXPECT_EQ(sent<Award>(late)[0].request, request);
  EXPECT_THAT(o.on_bid({request, "b", 0, 0.02, "full"}, context(170ms)), IsEmpty())
      << "nothing to free";
}

TEST_F(OwnerTest, WhatFoundNoRoomIsTold) {
  spec_.replicas = {3, 5};
  auto o = owner();
  const auto request = ask(o, 0s);
  o.on_bid({request, "a", 1, 0.05, "500m CPU and 0 MiB free"}, context(2ms));
  o.on_bid({request, "b", 0, 0.05, "0m CPU and 0 MiB free"}, context(2ms));
  EXPECT_EQ(o.last_change()->outcome, "asked for 3 more; no room for 2 of them");
}

TEST_F(OwnerTest, ReplicasThatAreExpectedAreNotAskedForTwice) {
  auto o = owner();
  const auto request = ask(o, 0s);
  o.on_bid({request, "a", 0, 0.05, "full"}, context(2ms));
  o.on_bid({request, "b", 1, 0.05, ""}, context(3ms));
  const auto started = replica("r1", spec_, "b", ReplicaState::kStarting);
  o.on_award_reply({request, "b", "m", {started}, ""}, context(5ms));
  const auto d = decision(o.on_tick(context(300ms)));
  EXPECT_EQ(d.current, 1);
  EXPECT_EQ(d.outcome, "none");
  // Two seconds on, no heartbeat has shown it: its node was lost, or could not start it.
  EXPECT_EQ(decision(o.on_tick(context(2300ms))).outcome, "asked for 1 more");
}

TEST_F(OwnerTest, ANewOwnerLetsNothingGoForAWhile) {
  std::vector<ReplicaStatus> five;
  for (int i = 0; i < 5; ++i)
    five.push_back(replica(fmt::format("r{}", i), spec_, i % 2 == 0 ? "a" : "b"));
  hear(0s, five);
  auto o = owner();
  const auto held = o.on_tick(context(0s));
  EXPECT_THAT(sent<StopReplica>(held), IsEmpty());
  const auto d = decision(held);
  EXPECT_EQ(d.allocation.replicas, 5);
  ASSERT_THAT(d.allocation.guards, SizeIs(1));
  EXPECT_EQ(d.allocation.guards[0].guard, "takeover-hold");
  EXPECT_EQ(d.allocation.guards[0].from, 1);

  const auto after = o.on_tick(context(10'300ms));
  EXPECT_EQ(decision(after).outcome, "let 4 go");
  EXPECT_THAT(sent<StopReplica>(after), SizeIs(4));
  EXPECT_THAT(sent<StopReplica>(o.on_tick(context(12'200ms))), IsEmpty())
      << "once is enough for two seconds";
}

TEST_F(OwnerTest, AboveTheMaximumEvenANewOwnerCutsDown) {
  spec_.replicas = {1, 2};
  std::vector<ReplicaStatus> four;
  for (int i = 0; i < 4; ++i) four.push_back(replica(fmt::format("r{}", i), spec_, "a"));
  hear(0s, four);
  auto o = owner();
  EXPECT_THAT(sent<StopReplica>(o.on_tick(context(0s))), SizeIs(2));
}

TEST_F(OwnerTest, AChangedSpecIsRolledOutNewBeforeOld) {
  const auto old = replica("old", spec_, "a");
  hear(0s, {old});
  auto o = owner();
  o.on_tick(context(0s));
  spec_.artifact = "/models/m-v2.pt";
  o.set_spec({spec_, 2}, at(0s));

  const auto begin = o.on_tick(context(300ms));
  EXPECT_EQ(decision(begin).outcome, "asked for 1 more");
  EXPECT_THAT(sent<StopReplica>(begin), IsEmpty()) << "the old one serves on";
  const auto request = sent<BidRequest>(begin).at(0).request;
  o.on_bid({request, "a", 0, 0.05, "full"}, context(310ms));
  o.on_bid({request, "b", 1, 0.05, ""}, context(320ms));

  hear(2s, {old, replica("new", spec_, "b", ReplicaState::kStarting)});
  EXPECT_THAT(sent<StopReplica>(o.on_tick(context(2300ms))), IsEmpty());
  hear(4s, {old, replica("new", spec_, "b")});
  const auto end = o.on_tick(context(4300ms));
  EXPECT_EQ(decision(end).outcome, "replaced 1 of an older spec");
  ASSERT_THAT(sent<StopReplica>(end), SizeIs(1));
  EXPECT_EQ(sent<StopReplica>(end)[0].replica, "old");
}

TEST_F(OwnerTest, WhereThereIsNoRoomForBothOneOldReplicaGoesFirst) {
  const auto olds = std::vector{replica("old1", spec_, "a"), replica("old2", spec_, "b")};
  spec_.replicas = {2, 2};
  spec_.artifact = "/models/m-v2.pt";
  hear(0s, olds);
  auto o = owner();
  const auto request = ask(o, 0s);
  for (const auto& name : {"a", "b"}) o.on_bid({request, name, 0, 0.05, "full"}, context(5ms));
  EXPECT_THAT(sent<StopReplica>(o.on_tick(context(300ms))), SizeIs(1));
}

TEST_F(OwnerTest, TheColdStartIsTheNinetiethPercentileOfWhatWasMeasured) {
  std::vector<ReplicaStatus> ten;
  for (int i = 1; i <= 10; ++i) {
    ten.push_back(replica(fmt::format("r{}", i), spec_, "a"));
    ten.back().cold_start = std::chrono::seconds(i);
  }
  hear(0s, ten);
  auto o = owner();
  EXPECT_EQ(o.summary(context(0s)).cold_start, options_.cold_start_guess);
  o.on_tick(context(0s));
  EXPECT_EQ(o.summary(context(0s)).cold_start, 9s);
}

TEST_F(OwnerTest, APolicyThatThisAgentDoesNotKnowIsReplacedByThePredictiveOne) {
  spec_.policy = "of-next-year";
  EXPECT_EQ(owner().summary(context(0s)).policy, "predictive");
}

TEST_F(OwnerTest, TheSummaryTellsTheLastMinute) {
  TrafficSample sample;
  sample.arrivals = 100;
  sample.completed = 90;
  sample.failed = 10;
  sample.within_slo = 80;
  sample.latency.add(0.1, 89);
  sample.latency.add(2.0, 1);
  demand_.add(at(0s), sample);
  const auto s = owner().summary(context(1s));
  EXPECT_EQ(s.arrival_rate, 100);
  EXPECT_NEAR(s.latency_p50_s, 0.1, 0.001);
  EXPECT_DOUBLE_EQ(s.slo_attainment, 0.8);
  EXPECT_DOUBLE_EQ(owner().summary(context(2min)).slo_attainment, 1) << "no request, no miss";
}

}  // namespace
}  // namespace starling
