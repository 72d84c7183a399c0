// When silence is suspicion and when it is death: by the pace so far, by others, by this node's own
// state.
#include "control/failure_detector.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/rng.h"
#include "control/values_for_tests.h"

namespace starling {
namespace {

using testing_values::at;

/// Heartbeats at the pace, each late by up to `jitter`; returns when the last one came.
TimePoint beats(FailureDetector& detector, Duration pace, Duration jitter, int count = 40) {
  TimePoint last{};
  for (int i = 1; i <= count; ++i) {
    last = at(i * pace + (i % 3) * jitter / 2);
    detector.heard("a", last);
  }
  return last;
}

/// How long a silence the detector bears before it calls the node dead.
Duration death_after(FailureDetector& detector, TimePoint last) {
  for (Duration silence{}; silence < 20s; silence += 10ms) {
    if (detector.judge("a", last + silence) == MemberState::kDead) return silence;
  }
  return 20s;
}

TEST(FailureDetector, InTheCalmCaseSilenceIsDeathAfterAboutTwoSeconds) {
  FailureDetector detector{{}};
  const auto last = beats(detector, 500ms, 0ms);
  EXPECT_EQ(detector.judge("a", last + 1190ms), MemberState::kAlive);
  EXPECT_EQ(detector.judge("a", last + 1200ms), MemberState::kSuspect);
  EXPECT_EQ(detector.judge("a", last + 1890ms), MemberState::kSuspect);
  EXPECT_EQ(detector.judge("a", last + 1900ms), MemberState::kDead);
}

TEST(FailureDetector, BearsMoreWhereHeartbeatsAlwaysCameUnevenly) {
  FailureDetector even{{}}, uneven{{}};
  beats(even, 500ms, 0ms);
  const auto last = beats(uneven, 500ms, 200ms);
  EXPECT_GT(uneven.suspect_after("a"), even.suspect_after("a"));
  EXPECT_LE(uneven.suspect_after("a"), DetectorOptions{}.suspect_max);
  EXPECT_LE(death_after(uneven, last), 3s);
}

TEST(FailureDetector, WhatAnOutageLeavesIsNoPace) {
  FailureDetector detector{{}};
  const auto last = beats(detector, 500ms, 0ms);
  const Duration before = detector.suspect_after("a");
  detector.heard("a", last + 60s);
  EXPECT_EQ(detector.suspect_after("a"), before);
}

TEST(FailureDetector, EndsASuspicionEarlierTheMoreOthersAgree) {
  FailureDetector detector{{}};
  detector.set_witnesses(10);
  const auto last = beats(detector, 500ms, 0ms);
  detector.judge("a", last + 1200ms);
  std::vector<Duration> left{detector.suspicion("a")};
  for (const char* by : {"b", "c", "d"}) {
    detector.accused("a", by);
    detector.accused("a", by);
    left.push_back(detector.suspicion("a"));
  }
  EXPECT_EQ(left.front(), DetectorOptions{}.suspicion_max);
  EXPECT_EQ(left.back(), DetectorOptions{}.suspicion_min);
  for (std::size_t i = 1; i < left.size(); ++i) EXPECT_LT(left[i], left[i - 1]) << i;
  detector.heard("a", last + 1300ms);
  EXPECT_EQ(detector.suspicion("a"), DetectorOptions{}.suspicion_max) << "all that is in the past";
}

TEST(FailureDetector, ASlowNodeAccusesLessUntilItIsWellAgain) {
  FailureDetector detector{{}};
  const auto last = beats(detector, 500ms, 0ms);
  const Duration well = detector.suspect_after("a");
  detector.slow(last);
  detector.slow(last + 100ms);
  EXPECT_EQ(detector.slowness(), 1) << "one cause";
  EXPECT_EQ(detector.suspect_after("a"), well * 5 / 4);
  for (int i = 1; i < 20; ++i) detector.slow(last + i * 500ms);
  EXPECT_EQ(detector.slowness(), DetectorOptions{}.slowness_max);
  const auto calm = last + 10s;
  detector.fade(calm + 1s);
  EXPECT_EQ(detector.slowness(), DetectorOptions{}.slowness_max);
  for (Duration since = 2s; since <= 12s; since += 100ms) detector.fade(calm + since);
  EXPECT_EQ(detector.slowness(), 0);
}

TEST(FailureDetector, ANodeThatOthersHearIsAskedForButNotSuspect) {
  FailureDetector detector{{}};
  const auto last = beats(detector, 500ms, 0ms);
  EXPECT_FALSE(detector.probe_due("a", last + 740ms));
  EXPECT_TRUE(detector.probe_due("a", last + 760ms));
  EXPECT_FALSE(detector.probe_due("a", last + 800ms)) << "it was just asked for";
  for (Duration since = 800ms; since <= 60s; since += 100ms) {
    if (detector.probe_due("a", last + since)) {
      detector.vouched("a", last + since - 50ms);
    }
    ASSERT_EQ(detector.judge("a", last + since), MemberState::kAlive);
  }
}

TEST(FailureDetector, TheDeadAreAskedForEverMoreSeldom) {
  FailureDetector detector{{}};
  const auto last = beats(detector, 500ms, 0ms);
  std::vector<Duration> asked;
  for (Duration since{}; since < 10min; since += 100ms) {
    const auto state = detector.judge("a", last + since);
    if (detector.probe_due("a", last + since) && state == MemberState::kDead)
      asked.push_back(since);
  }
  ASSERT_GE(asked.size(), 5u);
  EXPECT_LE(asked.size(), 15u);
  for (std::size_t i = 2; i < asked.size(); ++i)
    EXPECT_GE(asked[i] - asked[i - 1], asked[i - 1] - asked[i - 2] - 100ms);
}

TEST(FailureDetector, FixedThresholdsAskNobodyAndKnowNoPace) {
  FailureDetector detector{fixed_thresholds()};
  const auto last = beats(detector, 500ms, 300ms);
  EXPECT_FALSE(detector.probe_due("a", last + 10s));
  EXPECT_EQ(detector.judge("a", last + 1490ms), MemberState::kAlive);
  EXPECT_EQ(detector.judge("a", last + 1500ms), MemberState::kSuspect);
  EXPECT_EQ(detector.judge("a", last + 1990ms), MemberState::kSuspect);
  EXPECT_EQ(detector.judge("a", last + 2s), MemberState::kDead);
}

RC_GTEST_PROP(FailureDetector, NothingIsDeadOfWhichSignsOfLifeCome, (std::uint64_t seed)) {
  // The soonest death: the shortest suspicion after the shortest silence that begins one.
  const Duration soonest = DetectorOptions{}.suspect_min + DetectorOptions{}.suspicion_min;
  Rng rng(seed);
  FailureDetector detector{{}};
  detector.set_witnesses(static_cast<int>(rng.below(20)));
  TimePoint now = at(1s), last = now;
  detector.heard("a", now);
  for (int i = 0; i < 2000; ++i) {
    now += Duration(rng.below(300'000) + 1);
    const bool must = now - last >= soonest;
    const auto what = must ? rng.below(2) : rng.below(12);
    if (what < 2) last = now;
    if (what == 0) detector.heard("a", now);
    if (what == 1) detector.vouched("a", now);
    if (what == 2) detector.accused("a", std::to_string(rng.below(9)));
    if (what == 3) detector.slow(now);
    RC_ASSERT(detector.judge("a", now) != MemberState::kDead);
  }
}

RC_GTEST_PROP(FailureDetector, SilenceOnlyEverMakesThingsWorseAndEndsInDeath,
              (std::uint64_t seed)) {
  Rng rng(seed);
  FailureDetector detector{{}};
  detector.set_witnesses(static_cast<int>(rng.below(20)));
  TimePoint now = at(1s);
  for (auto i = rng.below(60) + 1; i > 0; --i) {
    now += Duration(rng.below(1'500'000) + 1);
    detector.heard("a", now);
  }
  const TimePoint last = now;
  auto state = MemberState::kAlive;
  while (now - last < DetectorOptions{}.silence_max) {
    now += Duration(rng.below(400'000) + 1);
    if (rng.below(4) == 0) detector.accused("a", "b");
    if (rng.below(4) == 0) detector.slow(now);
    detector.fade(now);
    const auto next = detector.judge("a", now);
    RC_ASSERT(next >= state);
    state = next;
  }
  RC_ASSERT(state == MemberState::kDead);
}

}  // namespace
}  // namespace starling
