// The peers' documented rules, one after the other, and what holds for all of them.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <functional>
#include <memory>

#include "policy/make_policy.h"

namespace starling {
namespace {

constexpr TimePoint kStart{std::chrono::seconds(1'700'000'000)};
const Objective kObjective{.slo_latency = 500ms, .min = 0, .max = 1000, .priority = 1};

/// One policy on virtual time: replicas are ready as soon as they are asked for.
class Replicas {
 public:
  Replicas(std::unique_ptr<Policy> policy, int ready, Duration interval,
           Objective objective = kObjective)
      : policy_(std::move(policy)), objective_(objective), interval_(interval) {
    seen_.ready = ready;
    seen_.interval = interval;
    seen_.now = kStart;
    seen_.service = {0.1, 1, 0};
  }

  /// Lets so much time pass with `observe` setting what is seen; the replicas at its end.
  int pass(Duration time, const std::function<void(Observation&)>& observe) {
    for (const TimePoint end = seen_.now + time; seen_.now < end;) {
      seen_.now += interval_;
      observe(seen_);
      last_ = policy_->decide(seen_, objective_);
      seen_.ready = last_.replicas;
    }
    return seen_.ready;
  }
  const Allocation& last() const { return last_; }

 private:
  std::unique_ptr<Policy> policy_;
  Objective objective_;
  Duration interval_;
  Observation seen_;
  Allocation last_;
};

std::unique_ptr<Policy> peer(const std::string& name) { return std::move(*make_policy(name)); }

std::function<void(Observation&)> in_flight(double requests, int concurrency = 1) {
  return [=](Observation& seen) {
    seen.in_flight = requests;
    seen.arrival_rate = requests * 10;
    seen.concurrency = concurrency;
    seen.utilization = seen.ready > 0 ? std::min(1.0, requests / seen.ready / concurrency) : 0;
  };
}

TEST(Kpa, WantsTheStableMeanOverSeventyPercentOfTheConcurrency) {
  Replicas kpa(peer("kpa"), 10, 2s);
  EXPECT_EQ(kpa.pass(120s, in_flight(70, 10)), 10);
  EXPECT_EQ(kpa.pass(120s, in_flight(71, 10)), 11) << "71 / 7 is a little more than ten";
}

TEST(Kpa, PanicsWhenSixSecondsWantTwiceWhatIsReadyAndKeepsTheMostUntilItIsOver) {
  Replicas kpa(peer("kpa"), 10, 2s);
  kpa.pass(60s, in_flight(7));
  EXPECT_GE(kpa.pass(6s, in_flight(28)), 40) << "28 / 0.7, at once";
  EXPECT_NE(kpa.last().reason.find("panic"), std::string::npos);
  EXPECT_GE(kpa.pass(50s, in_flight(7)), 40) << "never fewer while it lasts";
  kpa.pass(14s, in_flight(7));
  EXPECT_LT(kpa.pass(20s, in_flight(7)), 40)
      << "a stable window after the threshold was last passed";
}

TEST(Kpa, FallsByHalfATickAtMostAndRisesAThousandfold) {
  Replicas down(peer("kpa"), 40, 2s);
  down.pass(62s, in_flight(28));
  EXPECT_GE(down.pass(2s, in_flight(0)), 20);
  Replicas up(peer("kpa"), 1, 2s);
  EXPECT_EQ(up.pass(2s, in_flight(1e5)), 1000) << "the maximum";
}

TEST(Kpa, LeavesNothingAfterAStableWindowOfSilenceAndItsGrace) {
  Replicas kpa(peer("kpa"), 1, 2s);
  kpa.pass(60s, in_flight(0.5));
  EXPECT_EQ(kpa.pass(60s, in_flight(0)), 1);
  EXPECT_EQ(kpa.pass(34s, in_flight(0)), 0);
  EXPECT_GE(kpa.pass(4s, in_flight(1)), 1);
}

TEST(RayServe, WaitsHalfAMinuteToRiseAndTenToFall) {
  Replicas ray(peer("ray-serve"), 2, 2s);
  EXPECT_EQ(ray.pass(60s, in_flight(4)), 2) << "two each, as is wanted";
  // The look-back means that the wish comes at once and its size a little later.
  EXPECT_EQ(ray.pass(28s, in_flight(12)), 2);
  EXPECT_EQ(ray.pass(34s, in_flight(12)), 6);
  EXPECT_EQ(ray.pass(598s, in_flight(4)), 6);
  EXPECT_EQ(ray.pass(40s, in_flight(4)), 2);
}

TEST(RayServe, BeginsFromZeroAtOnce) {
  Replicas ray(peer("ray-serve"), 0, 2s);
  EXPECT_EQ(ray.pass(10s, in_flight(0)), 0);
  EXPECT_EQ(ray.pass(2s, in_flight(1)), 1);
}

TEST(SkyServe, DecidesByTheMinutesRequestsAfterFiveAndTwentyMinutes) {
  PolicyOptions options;
  options.skyserve.target_qps = 10;
  Replicas sky(std::move(*make_policy("skyserve", options)), 2, 10s);
  const auto rate = [](double per_second) {
    return [=](Observation& seen) { seen.arrival_rate = per_second; };
  };
  EXPECT_EQ(sky.pass(120s, rate(20)), 2);
  EXPECT_EQ(sky.pass(280s, rate(41)), 2) << "fourteen decisions of twenty seconds";
  EXPECT_EQ(sky.pass(40s, rate(41)), 5);
  EXPECT_EQ(sky.pass(1180s, rate(20)), 5);
  EXPECT_EQ(sky.pass(80s, rate(20)), 2);
}

TEST(Aiad, OneMoreAfterThirtySecondsOverTheSloOneFewerAfterTenMinutesUnderIt) {
  Replicas aiad(peer("aiad"), 3, 2s);
  const auto latency = [](double in_system_s) {
    return [=](Observation& seen) {
      seen.arrival_rate = 10;
      seen.in_flight = 10 * in_system_s;
    };
  };
  EXPECT_EQ(aiad.pass(30s, latency(0.6)), 3);
  EXPECT_EQ(aiad.pass(2s, latency(0.6)), 4);
  EXPECT_EQ(aiad.pass(32s, latency(0.6)), 5) << "the clock begins anew";
  EXPECT_EQ(aiad.pass(600s, latency(0.4)), 5);
  EXPECT_EQ(aiad.pass(4s, latency(0.4)), 4);
}

TEST(Threshold, AddsAboveTheUpperAndRemovesBelowTheLower) {
  const auto load = [](double share) {
    return [=](Observation& seen) {
      seen.utilization = share;
      seen.in_flight = 1;
    };
  };
  Replicas up(peer("threshold"), 3, 10s);
  EXPECT_EQ(up.pass(180s, load(0.5)), 3);
  EXPECT_GT(up.pass(120s, load(0.9)), 3);
  Replicas down(peer("threshold"), 9, 10s);
  EXPECT_LT(down.pass(180s, load(0.1)), 9);
}

TEST(Threshold, ARisingLoadAddsSoonerThanASteadyOne) {
  // Both are at 70 % in the end, below the upper threshold at rest.
  const auto steps = [](double from) {
    double share = from;
    return [=](Observation& seen) mutable {
      share = std::min(0.7, share + (0.7 - from) / 12);
      seen.utilization = share;
      seen.in_flight = 1;
    };
  };
  Replicas steady(peer("threshold"), 3, 10s), rising(peer("threshold"), 3, 10s);
  EXPECT_EQ(steady.pass(240s, steps(0.7)), 3);
  EXPECT_GT(rising.pass(180s, steps(0.35)), 3);
}

RC_GTEST_PROP(Peers, StayWithinTheLimitsAndDecideAlikeOnTheSame, ()) {
  for (const std::string name : {"kpa", "ray-serve", "skyserve", "threshold", "aiad"}) {
    Objective objective = kObjective;
    objective.min = *rc::gen::inRange(0, 4);
    objective.max = objective.min + *rc::gen::inRange(0, 30);
    const auto loads = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 1'000'000));
    std::vector<int> first, second;
    for (auto* run : {&first, &second}) {
      Replicas replicas(peer(name), *rc::gen::just(objective.min), 10s, objective);
      for (const int load : loads) {
        run->push_back(replicas.pass(10s, in_flight(load / 100.0)));
        RC_ASSERT(run->back() >= objective.min && run->back() <= objective.max);
      }
    }
    RC_ASSERT(first == second);
  }
}

}  // namespace
}  // namespace starling
