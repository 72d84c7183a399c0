// Policies in shadow: replicas that are imagined follow the policy's rule, and what is estimated of
// them is what queueing theory says.
#include "policy/shadow.h"

#include <gtest/gtest.h>

#include <cmath>

#include "policy/make_policy.h"
#include "policy/queueing.h"

namespace starling {
namespace {

TimePoint at(int seconds) { return from_unix_seconds(1'700'000'000 + seconds); }

/// A steady load of exponential services of 50 ms with `ready` real replicas of one slot.
Observation steady(double rate, int ready, int now_s) {
  Observation o;
  o.now = at(now_s);
  o.arrival_rate = rate;
  o.ready = ready;
  o.utilization = std::min(1.0, rate * 0.05 / std::max(ready, 1));
  o.in_flight = rate * 0.05;
  o.cold_start = 4s;
  o.service = {0.05, 1.0};
  return o;
}

ShadowPolicy shadow(const std::string& policy) { return ShadowPolicy(*make_policy(policy)); }

struct Course {
  std::vector<ShadowOutcome> decisions;
  ShadowOutcome total;
};

Course run(ShadowPolicy policy, double rate, int ready, int until_s) {
  Course course;
  for (int now = 0; now < until_s; now += 2) {
    course.decisions.push_back(policy.decide(steady(rate, ready, now), {}));
    course.total.replica_s += course.decisions.back().replica_s;
    course.total.arrivals += course.decisions.back().arrivals;
    course.total.missed += course.decisions.back().missed;
  }
  return course;
}

TEST(Shadow, HpaComesToItsRuleWhateverTheRealReplicasAre) {
  // 100 requests a second keep 5 slots busy: at a target of 70 %, ceil(5 / 0.7) = 8 replicas.
  for (const int real : {2, 5, 10}) {
    const Course course = run(shadow("hpa"), 100, real, 900);
    const ShadowOutcome& last = course.decisions.back();
    EXPECT_EQ(last.policy, "hpa");
    EXPECT_FALSE(last.acting);
    EXPECT_EQ(last.ready, last.wished);
    EXPECT_EQ(last.ready, 8) << real << " real replicas";
    EXPECT_DOUBLE_EQ(last.replica_s, 2.0 * last.ready);
    EXPECT_DOUBLE_EQ(last.arrivals, 200);
  }
}

TEST(Shadow, StartsAreReadyAfterAColdStartAndHoldCapacityMeanwhile) {
  Objective objective;
  objective.min = 3;
  auto policy = shadow("static");
  EXPECT_EQ(policy.decide(steady(1, 1, 0), objective).wished, 3);
  const auto early = policy.decide(steady(1, 1, 2), objective);
  EXPECT_EQ(early.ready, 1);
  EXPECT_DOUBLE_EQ(early.replica_s, 2 * 3);
  EXPECT_EQ(policy.decide(steady(1, 1, 4), objective).ready, 3);
  objective.min = 1;
  Observation releasing = steady(1, 1, 6);
  releasing.release = 3s;
  policy.decide(releasing, objective);
  const auto leaving = policy.decide(steady(1, 1, 8), objective);
  EXPECT_EQ(leaving.ready, 1);
  EXPECT_DOUBLE_EQ(leaving.replica_s, 2 * 3) << "two of them hold what they had until released";
  EXPECT_DOUBLE_EQ(policy.decide(steady(1, 1, 10), objective).replica_s, 2 * 1);
}

TEST(Shadow, TheEstimateOfASteadyLoadIsErlangs) {
  const Objective objective{.slo_latency = 300ms};
  OutcomeEstimate estimate;
  double missed = 0, arrivals = 0;
  for (int now = 0; now <= 600; now += 2) {
    const auto outcome = acting_outcome(estimate, steady(60, 4, now), objective);
    EXPECT_TRUE(outcome.acting);
    missed += outcome.missed;
    arrivals += outcome.arrivals;
  }
  EXPECT_DOUBLE_EQ(arrivals, 60 * 600);
  // P(wait + service > t) of M/M/c, with C the chance to wait, θ = cμ − λ the wait's rate:
  // e^(−μt) + C·μ/(θ − μ)·(e^(−μt) − e^(−θt)), where θ = μ here its limit C·μ·t·e^(−μt).
  const double mu_t = 0.3 / 0.05;
  const double exact = std::exp(-mu_t) * (1 + erlang_c(4, 3) * mu_t);
  EXPECT_NEAR(missed / arrivals, exact, 0.005);
}

TEST(Shadow, OverloadIsMissedAndWhatIsMeasuredStandsBesideIt) {
  OutcomeEstimate estimate;
  acting_outcome(estimate, steady(60, 1, 0), {});
  Observation seen = steady(60, 1, 2);
  seen.missed_rate = 7;
  for (int now = 2; now < 60; now += 2) {
    seen.now = at(now);
    const auto outcome = acting_outcome(estimate, seen, {});
    EXPECT_DOUBLE_EQ(outcome.missed_actual, 14);
    EXPECT_LE(outcome.missed, outcome.arrivals);
    if (now > 10) {
      EXPECT_GE(outcome.missed, 0.65 * outcome.arrivals) << "a third can be served";
    }
  }
}

TEST(Shadow, TheActingPolicyPaysForTheReleaseOfWhatItLetsGoToo) {
  OutcomeEstimate estimate;
  const auto at_replicas = [&](int ready, int now) {
    Observation seen = steady(10, ready, now);
    seen.release = 3s;
    return acting_outcome(estimate, seen, {}).replica_s;
  };
  at_replicas(5, 0);
  EXPECT_DOUBLE_EQ(at_replicas(5, 2), 5 * 2);
  EXPECT_DOUBLE_EQ(at_replicas(3, 4), 3 * 2 + 2 * 3);
  EXPECT_DOUBLE_EQ(at_replicas(4, 6), 4 * 2);
}

TEST(Shadow, AGapIsNotTakenForServed) {
  OutcomeEstimate estimate;
  acting_outcome(estimate, steady(10, 1, 0), {});
  EXPECT_DOUBLE_EQ(acting_outcome(estimate, steady(10, 1, 500), {}).arrivals, 10 * 2 * 2);
  EXPECT_DOUBLE_EQ(acting_outcome(estimate, steady(10, 1, 499), {}).arrivals, 0);
}

TEST(Shadow, SameInputsSameOutputs) {
  for (const char* name : {"hpa", "kpa", "predictive", "aiad", "static"}) {
    const Course one = run(shadow(name), 80, 3, 400);
    const Course two = run(shadow(name), 80, 3, 400);
    for (std::size_t i = 0; i < one.decisions.size(); ++i) {
      EXPECT_EQ(one.decisions[i].wished, two.decisions[i].wished) << name;
      EXPECT_EQ(one.decisions[i].missed, two.decisions[i].missed) << name;
      EXPECT_EQ(one.decisions[i].replica_s, two.decisions[i].replica_s) << name;
    }
    EXPECT_GT(one.total.arrivals, 0) << name;
    EXPECT_LE(one.total.missed, one.total.arrivals) << name;
  }
}

}  // namespace
}  // namespace starling
