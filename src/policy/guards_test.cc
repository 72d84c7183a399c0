#include "policy/guards.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <deque>

namespace starling {
namespace {

/// A model whose wishes always come true at once, seen every 10 s.
class Fleet {
 public:
  explicit Fleet(int ready, GuardOptions options = {}) : guards_(options), ready_(ready) {}

  Allocation wish(int second, int replicas, int min = 1, int max = 100) {
    Observation observation;
    observation.now = TimePoint{} + std::chrono::seconds(second);
    observation.ready = ready_;
    observation.cold_start = 60s;  // as long is the hold time
    Objective objective;
    objective.min = min;
    objective.max = max;
    Allocation wished;
    wished.replicas = replicas;
    Allocation given = guards_.apply(wished, observation, objective);
    ready_ = given.replicas;
    return given;
  }

 private:
  Guards guards_;
  int ready_;
};

std::vector<std::string> names(const Allocation& allocation) {
  std::vector<std::string> found;
  for (const auto& note : allocation.guards) found.push_back(note.guard);
  return found;
}

using Names = std::vector<std::string>;

TEST(Guards, LimitsOfTheObjectiveAlwaysWin) {
  Fleet fleet(4);
  const Allocation low = fleet.wish(0, 0);
  EXPECT_EQ(low.replicas, 1);
  const Allocation high = fleet.wish(10, 9, 1, 5);
  EXPECT_EQ(high.replicas, 5);
  EXPECT_EQ(names(high), (Names{"step-up", "max-replicas"}));
  EXPECT_EQ(high.guards[1].from, 6);
  EXPECT_EQ(high.guards[1].to, 5);
}

TEST(Guards, ARiseIsAtMostDoubleAndFour) {
  Fleet fleet(3);
  EXPECT_EQ(fleet.wish(0, 50).replicas, 10);
  EXPECT_EQ(fleet.wish(10, 50).replicas, 24);
  EXPECT_EQ(fleet.wish(20, 40).replicas, 40);
}

TEST(Guards, RisesAreBoundedPerWindow) {
  GuardOptions options;
  options.hold_scale = 0;
  options.ups_factor = 3;
  options.ups_step = 2;
  options.ups_window = 60s;
  Fleet fleet(4, options);
  EXPECT_EQ(names(fleet.wish(0, 100)), Names{"step-up"});  // 12
  const Allocation second = fleet.wish(10, 100);
  EXPECT_EQ(second.replicas, 14);  // 3 × 4 + 2
  EXPECT_EQ(names(second), (Names{"step-up", "ups"}));
  EXPECT_EQ(fleet.wish(20, 20).replicas, 14);
  EXPECT_EQ(fleet.wish(30, 9).replicas, 9) << "removals are no matter of this guard";
  EXPECT_EQ(fleet.wish(40, 20).replicas, 14);
  EXPECT_EQ(fleet.wish(59, 20).replicas, 14);
  EXPECT_EQ(fleet.wish(60, 20).replicas, 20);   // the 4 are out of the window, 12 were its start
  EXPECT_EQ(fleet.wish(61, 100).replicas, 38);  // 3 × 12 + 2
}

TEST(Guards, ALowerWishWaitsUntilItIsTheHighestOfTheHoldTime) {
  Fleet fleet(8);
  EXPECT_EQ(fleet.wish(0, 8).replicas, 8);
  const Allocation held = fleet.wish(10, 3);
  EXPECT_EQ(held.replicas, 8);
  EXPECT_EQ(names(held), Names{"hold"});
  EXPECT_EQ(fleet.wish(50, 5).replicas, 8);
  EXPECT_EQ(fleet.wish(70, 2).replicas, 5);  // the wish of 5 is still inside the hold time
}

TEST(Guards, NothingIsRemovedWithinTheHoldTimeAfterARise) {
  GuardOptions options;
  options.hold_cold_starts = 0;
  options.hold_min = 30s;
  Fleet fleet(2, options);
  EXPECT_EQ(fleet.wish(0, 2).replicas, 2);
  EXPECT_EQ(fleet.wish(10, 6).replicas, 6);
  EXPECT_EQ(fleet.wish(39, 1).replicas, 6);
  EXPECT_EQ(fleet.wish(41, 1).replicas, 1);
}

TEST(Guards, RemovalsAreCountedPerWindow) {
  GuardOptions options;
  options.hold_scale = 0;
  options.downs_max = 2;
  Fleet fleet(9, options);
  EXPECT_EQ(fleet.wish(0, 8).replicas, 8);
  EXPECT_EQ(fleet.wish(10, 7).replicas, 7);
  const Allocation third = fleet.wish(20, 6);
  EXPECT_EQ(third.replicas, 7);
  EXPECT_EQ(names(third), Names{"downs"});
  EXPECT_EQ(fleet.wish(60, 6).replicas, 6);
}

TEST(Guards, HoldTimeFollowsTheColdStart) {
  EXPECT_EQ(hold_time({}, 2s), 30s);
  EXPECT_EQ(hold_time({}, 35s), 35s);
  EXPECT_EQ(hold_time({.hold_scale = 0.1}, 35s), 3500ms);
}

RC_GTEST_PROP(Guards, NeverFlapWhateverIsWished, (const std::vector<std::uint8_t>& wishes)) {
  Fleet fleet(5);
  int before = 5;
  int second = 0;
  int last_up = -1000;
  std::deque<int> minute{5};  // what was given, one every 10 s, from a minute ago on
  for (const int wish : wishes) {
    const int given = fleet.wish(second, wish, 1, 60).replicas;
    const int most = std::min(2 * before + 4, std::max(before, 8 * minute.front() + 16));
    RC_ASSERT(given >= 1 && given <= 60);
    RC_ASSERT(given <= most);
    if (given < before) RC_ASSERT(second - last_up >= 60);
    if (given > before) last_up = second;
    RC_ASSERT(given >= std::min({wish, 60, most}));  // a need is never cut by the hold
    before = given;
    minute.push_back(given);
    if (minute.size() > 6) minute.pop_front();
    second += 10;
  }
}

}  // namespace
}  // namespace starling
