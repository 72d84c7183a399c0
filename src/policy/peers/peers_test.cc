// What holds for all peers, whatever they see.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>
#include <tuple>

#include "policy/peers/replicas_for_tests.h"

namespace starling {
namespace {

const std::vector<std::string>& peers() {
  static const std::vector<std::string> names{"kpa",  "ray-serve", "skyserve", "threshold",
                                              "aiad", "skewness",  "greedy"};
  return names;
}

/// Anything an interval may show, from nothing to a trillion requests.
rc::Gen<Observation> any_observation() {
  const auto amount = rc::gen::map(
      rc::gen::pair(rc::gen::inRange(0, 1000), rc::gen::inRange(-3, 10)),
      [](const std::pair<int, int>& drawn) { return drawn.first * std::pow(10, drawn.second); });
  return rc::gen::map(
      rc::gen::tuple(amount, amount, rc::gen::inRange(0, 101), rc::gen::inRange(0, 50),
                     rc::gen::inRange(0, 50), rc::gen::inRange(1, 120), rc::gen::inRange(1, 200)),
      [](const std::tuple<double, double, int, int, int, int, int>& drawn) {
        Observation seen;
        int percent = 0, after_s = 0;
        std::tie(seen.arrival_rate, seen.in_flight, percent, seen.ready, seen.starting, after_s,
                 seen.concurrency) = drawn;
        seen.utilization = percent / 100.0;
        seen.interval = std::chrono::seconds(after_s);
        return seen;
      });
}

std::vector<Allocation> decide_all(const std::string& name, std::vector<Observation> shown,
                                   const Objective& objective) {
  auto policy = peer(name);
  std::vector<Allocation> decisions;
  TimePoint now{std::chrono::seconds(1'700'000'000)};
  for (auto& seen : shown) {
    now += seen.interval;
    seen.now = now;
    decisions.push_back(policy->decide(seen, objective));
  }
  return decisions;
}

RC_GTEST_PROP(Peers, StayWithinTheLimitsAndDecideAlikeOnTheSame, ()) {
  const auto shown = *rc::gen::container<std::vector<Observation>>(any_observation());
  const int min = *rc::gen::inRange(0, 4);
  const Objective objective = limits_for_tests(min, min + *rc::gen::inRange(0, 30));
  for (const auto& name : peers()) {
    const auto first = decide_all(name, shown, objective);
    const auto second = decide_all(name, shown, objective);
    for (std::size_t i = 0; i < first.size(); ++i) {
      RC_ASSERT(first[i].replicas >= objective.min && first[i].replicas <= objective.max);
      RC_ASSERT(first[i].replicas == second[i].replicas);
      RC_ASSERT(first[i].reason == second[i].reason);
    }
  }
}

TEST(Peers, SurviveWhatIsNoNumberAndWhatIsTooLargeForOne) {
  for (const auto& name : peers()) {
    for (const double value :
         {std::numeric_limits<double>::max(), 1e18, std::numeric_limits<double>::quiet_NaN()}) {
      Observation seen;
      seen.arrival_rate = seen.in_flight = value;
      seen.ready = 3;
      for (const auto& decision :
           decide_all(name, std::vector<Observation>(50, seen), limits_for_tests(1, 20))) {
        EXPECT_GE(decision.replicas, 1) << name;
        EXPECT_LE(decision.replicas, 20) << name;
      }
    }
  }
}

TEST(Peers, NothingSeenAndNothingThereStaysNothing) {
  for (const auto& name : peers()) {
    Replicas replicas(peer(name), 0, 2s);
    EXPECT_EQ(replicas.pass(3600s, in_flight(0)), 0) << name;
    EXPECT_GE(replicas.pass(6s, in_flight(3)), 1) << name << " wakes";
    EXPECT_THAT(replicas.last().reason, testing::ContainsRegex("[0-9]")) << name;
  }
}

TEST(Peers, AThousandfoldSpikeIsHeldByTheMaximum) {
  for (const auto& name : peers()) {
    Replicas replicas(peer(name), 1, 2s, limits_for_tests(1, 5));
    EXPECT_EQ(replicas.pass(120s, in_flight(0.5)), 1) << name;
    const auto spike = [](Observation& seen) {
      seen.arrival_rate = 5000;
      seen.in_flight = 100'000;
      seen.utilization = 1;
    };
    EXPECT_EQ(replicas.pass(900s, spike), 5) << name;
  }
}

TEST(TimeWindow, WeighsByTimeAndForgetsWhatIsOlder) {
  const TimePoint start{std::chrono::seconds(1'700'000'000)};
  TimeWindow window(60s);
  EXPECT_EQ(window.mean(start), 0);
  window.add(start + 10s, 10s, 6);
  window.add(start + 40s, 30s, 2);
  EXPECT_DOUBLE_EQ(window.mean(start + 40s), 3);
  EXPECT_DOUBLE_EQ(window.mean_of_whole(start + 40s), 2);
  window.add(start + 65s, 25s, 4);  // five seconds of the first are left
  EXPECT_DOUBLE_EQ(window.mean(start + 65s), (5 * 6 + 30 * 2 + 25 * 4) / 60.0);
  window.add(start + 66s, 20s, 10);  // of which nineteen are known
  EXPECT_DOUBLE_EQ(window.mean(start + 66s), (4 * 6 + 30 * 2 + 25 * 4 + 1 * 10) / 60.0);
  EXPECT_EQ(window.mean(start + 600s), 0);
}

}  // namespace
}  // namespace starling
