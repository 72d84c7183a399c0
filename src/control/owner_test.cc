// The owner of one model, driven by hand: forecast, decision, takeover, replacement.
#include "control/owner_for_tests.h"
#include "policy/learned/shipped_net.h"

namespace starling {
namespace {

using namespace testing_values;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

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

TEST_F(OwnerTest, OtherPolicyWeightsActFromTheNextDecisionAndLetNothingGoAtOnce) {
  spec_.policy = "learned";
  std::vector<ReplicaStatus> replicas;
  for (int i = 0; i < 9; ++i) replicas.push_back(replica(fmt::format("a.{}", i), spec_, "a"));
  hear(0s, replicas);
  demand(-60, 120, 10);
  auto same = owner(-60s), other = owner(-60s);
  auto newer = std::make_shared<PolicyNet>(*shipped_policy_net());
  newer->version = "newer";
  Forecast forecast{at(0s), 5s, "oracle", std::vector<Quantiles>(3)};
  for (auto& step : forecast.steps) step.fill(60);
  const auto decided = [&](ModelOwner& o, Duration time) {
    hear(time, replicas);
    const auto at_once = o.on_tick(context(time));
    if (!all<Decided>(at_once).empty()) return decision(at_once);
    return decision(o.on_forecast(forecast, context(time + 20ms)));
  };
  EXPECT_EQ(decided(same, 0s).allocation.reason, decided(other, 0s).allocation.reason);
  other.set_policy_weights(newer, at(1s));
  const auto after = decided(other, 2300ms);
  EXPECT_THAT(decided(same, 2300ms).allocation.reason, Not(HasSubstr("policy newer")));
  EXPECT_THAT(after.allocation.reason, HasSubstr("policy newer"));
  EXPECT_EQ(after.allocation.replicas, 9) << "not before it has seen something";
}

TEST_F(OwnerTest, AsksForAForecastAndDecidesOnIt) {
  spec_.policy = "predictive";
  demand(-20, 0, 10);  // too little to learn from
  auto o = owner();
  const auto wanted = all<WantForecast>(o.on_tick(context(0s)));
  ASSERT_THAT(wanted, SizeIs(1));
  EXPECT_EQ(wanted[0].model, "m");
  // 5 s of assumed cold start and 2 s until the next decision are four decisions, and three more is
  // how long it looks at what comes then, 14 s: steps of 5 s, three and the one begun.
  EXPECT_EQ(wanted[0].series.step, 5s);
  EXPECT_EQ(wanted[0].horizon, 4);
  EXPECT_EQ(wanted[0].series.values.back(), 10);

  Forecast forecast{at(0s), 5s, "oracle", std::vector<Quantiles>(3)};
  for (auto& step : forecast.steps) step.fill(60);
  const auto d = decision(o.on_forecast(forecast, context(20ms)));
  EXPECT_THAT(d.allocation.reason, HasSubstr("oracle forecasts at most 60.0 req/s"));
  ASSERT_TRUE(d.forecast.has_value());
  EXPECT_EQ(d.forecast->method, "oracle");
  EXPECT_TRUE(d.observation.service_assumed);
  EXPECT_NEAR(d.observation.service.mean_s, seconds(spec_.slo.latency) / 10, 1e-9);
  EXPECT_GE(d.allocation.replicas, 2) << "60 requests a second of a tenth of the SLO";
  EXPECT_THAT(all<Decided>(o.on_tick(context(200ms))), IsEmpty()) << "decided once";
}

TEST_F(OwnerTest, AModelOfWhichNothingWasServedIsNoReasonForMoreReplicas) {
  spec_.policy = "predictive";
  spec_.slo = {100ms, 99};
  demand(-60, 0, 1);
  auto o = owner();
  o.on_tick(context(0s));
  Forecast forecast{at(0s), 5s, "oracle", std::vector<Quantiles>(3)};
  for (auto& step : forecast.steps) step.fill(0.3);
  const auto d = decision(o.on_forecast(forecast, context(20ms)));
  EXPECT_EQ(d.allocation.replicas, 1);
  for (const auto& guard : d.allocation.guards) EXPECT_NE(guard.guard, "slo-unreachable");
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

TEST_F(OwnerTest, ANewOwnersPolicyGoesOnFromTheRecordedDemand) {
  spec_.policy = "predictive";
  demand(-3600, 60, 10);
  auto o = owner();
  const auto reason = [&](Duration time) {
    const Effects effects = o.on_tick(context(time));
    const Effects decided =
        all<Decided>(effects).empty() ? o.on_tick(context(time + 500ms)) : effects;
    return decision(decided).allocation.reason;
  };
  EXPECT_THAT(reason(0s), HasSubstr("10.0 req/s now"));
  // From decisions alone nothing would be known before 19 of them: 12 outcomes of windows that end
  // 14 s later.
  for (Duration time = 2300ms; time < 36s; time += 2s) reason(time);
  EXPECT_THAT(reason(36300ms), HasSubstr("req/s expected"));
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
    if (++compared > 1) {
      EXPECT_DOUBLE_EQ(d.shadow[2].arrivals, d.shadow[0].arrivals);
    }
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

class RolloutTest : public OwnerTest {
 protected:
  /// Of one replica that serves, and of a spec that has changed since.
  ModelOwner owner_of_changed_spec(const ReplicaStatus& old) {
    hear(0s, {old});
    ModelOwner o = owner();
    o.on_tick(context(0s));
    spec_.artifact = "/models/m-v2.pt";
    o.set_spec({spec_, 2}, at(0s));
    return o;
  }
};

TEST_F(RolloutTest, AChangedSpecIsRolledOutNewBeforeOld) {
  const auto old = replica("old", spec_, "a");
  auto o = owner_of_changed_spec(old);

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

TEST_F(RolloutTest, ANewReplicaOnANodeThatFellSilentReplacesNoOldOne) {
  const auto old = replica("old", spec_, "a");
  auto o = owner_of_changed_spec(old);
  const auto fresh = replica("new", spec_, "b");
  hear(2s, {old, fresh});
  members_.on_heartbeat(heartbeat(node("a", "c1", "z-a"), ++sequence_, {old}), at(4s));
  members_.on_tick(at(4s), "a");
  ASSERT_EQ(members_.find("b")->state, MemberState::kSuspect);
  EXPECT_THAT(sent<StopReplica>(o.on_tick(context(4300ms))), IsEmpty());
  hear(5s, {old, fresh});
  EXPECT_THAT(sent<StopReplica>(o.on_tick(context(6300ms))), SizeIs(1));
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
