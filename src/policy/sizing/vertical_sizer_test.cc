// The size over time: history before anything is lowered, the period, the floor, a takeover.
#include "policy/sizing/vertical_sizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <memory>

#include "base/units.h"
#include "policy/sizing/moments_for_tests.h"

namespace starling {
namespace {

using ::testing::HasSubstr;

using testing_moments::at;

class VerticalSizerTest : public ::testing::Test {
 protected:
  VerticalSizerTest() {
    spec_.mode = SizingMode::kAuto;
    spec_.min = {50, 32 * kMiB};
    spec_.max = {1000, 1024 * kMiB};
    spec_.period = 60s;
    inputs_.service = {0.040, 0.1};
    inputs_.cpu_millis_ready = 250;
    inputs_.ready = 1;
    inputs_.objective = {150ms, 99, 1, 20};
    inputs_.rate = 1;
  }

  /// Seconds of one decision each, in which a replica uses so much; gives the last decision.
  SizeDecision run(VerticalSizer& sizer, int seconds, double cores = 0.02, double mebibytes = 60) {
    SizeDecision last;
    for (int s = 0; s < seconds; ++s) {
      now_ += 1s;
      sizer.observe({at(now_), cores, mebibytes * kMiB});
      sizer.observe_requests(0.010 * 5, 5);
      inputs_.now = at(now_);
      inputs_.cpu_millis_ready = sizer.size().cpu_millis;
      inputs_.service.mean_s = 10.0 / static_cast<double>(sizer.size().cpu_millis);
      last = sizer.decide(inputs_);
    }
    return last;
  }

  SizingSpec spec_;
  Resources first_{250, 256 * kMiB};
  SizeInputs inputs_;
  Duration now_{0};
};

TEST_F(VerticalSizerTest, ALightLoadIsServedBySmallerReplicasOnceThereIsHistory) {
  VerticalSizer sizer(spec_, first_);
  sizer.adopt({}, at(0s));
  const auto early = run(sizer, 55);
  EXPECT_EQ(early.size, first_);
  EXPECT_THAT(early.reason, HasSubstr("nothing is lowered on 54s of history, 1m are asked for"));
  const auto late = run(sizer, 15);
  EXPECT_LT(late.size.cpu_millis, 200);
  EXPECT_GE(late.size.cpu_millis, 100) << "the SLO asks for that much";
  EXPECT_LT(late.size.memory_bytes, 200 * kMiB);
  EXPECT_GE(late.size.memory_bytes, 69 * kMiB);
  EXPECT_EQ(sizer.size(), late.size);
  EXPECT_THAT(late.reason, HasSubstr("p95 of use"));
}

TEST_F(VerticalSizerTest, RecommendComputesAndChangesNothing) {
  spec_.mode = SizingMode::kRecommend;
  VerticalSizer sizer(spec_, first_);
  sizer.adopt({}, at(0s));
  const auto d = run(sizer, 200);
  EXPECT_EQ(d.size, first_);
  EXPECT_LT(d.recommended.cpu_millis, 200);
  EXPECT_LT(d.recommended.memory_bytes, 200 * kMiB);
}

TEST_F(VerticalSizerTest, TheSizeChangesAtMostOnceInAPeriod) {
  VerticalSizer sizer(spec_, first_);
  sizer.adopt({}, at(0s));
  Resources before = sizer.decided();
  std::optional<Duration> changed;
  for (int i = 0; i < 600; ++i) {
    inputs_.rate = i % 7 < 3 ? 0.2 : 60;
    inputs_.ready = 20;
    run(sizer, 1, i % 5 == 0 ? 0.2 : 0.01);
    if (sizer.decided().cpu_millis == before.cpu_millis) continue;
    if (changed) {
      EXPECT_GE(now_ - *changed, 60s);
    }
    changed = now_;
    before = sizer.decided();
  }
}

TEST_F(VerticalSizerTest, TheFloorHoldsWhereTheQueueingModelWouldDoWithLess) {
  VerticalSizer sizer(spec_, first_);
  sizer.adopt({}, at(0s));
  inputs_.objective.slo_latency = 2s;
  const auto d = run(sizer, 100, 0.12);
  EXPECT_GE(d.size.cpu_millis, 138);
  ASSERT_FALSE(d.guards.empty());
  EXPECT_EQ(d.guards[0].guard, "size-floor");
  EXPECT_THAT(d.guards[0].detail, HasSubstr("p95 of use"));
  EXPECT_GE(d.guards[0].to, 138);
}

TEST_F(VerticalSizerTest, AKillRaisesMemoryAtOnce) {
  VerticalSizer sizer(spec_, first_);
  sizer.adopt({first_}, at(0s));
  run(sizer, 5);
  sizer.out_of_memory(first_, at(now_));
  const auto d = run(sizer, 1);
  EXPECT_EQ(d.size.memory_bytes, 356 * kMiB);
  EXPECT_EQ(d.size.cpu_millis, 250);
  ASSERT_FALSE(d.guards.empty());
  EXPECT_THAT(d.reason, HasSubstr("memory more than what a replica was killed at"));
  EXPECT_EQ(run(sizer, 500).size.memory_bytes, 356 * kMiB) << "and is not taken back soon";
}

TEST_F(VerticalSizerTest, ANewOwnerKeepsWhatTheReplicasHave) {
  VerticalSizer sizer(spec_, first_);
  EXPECT_FALSE(sizer.adopted());
  sizer.adopt({{125, 96 * kMiB}, {125, 100 * kMiB}}, at(0s));
  EXPECT_TRUE(sizer.adopted());
  EXPECT_EQ(sizer.size(), (Resources{125, 100 * kMiB}));
  sizer.adopt({{500, 500 * kMiB}}, at(1s));
  EXPECT_EQ(run(sizer, 50).size, (Resources{125, 100 * kMiB})) << "it has seen no history";
  EXPECT_FALSE(sizer.decided_size()) << "found is not decided";
  run(sizer, 15);
  EXPECT_TRUE(sizer.decided_size()) << "it could have changed it";
}

TEST_F(VerticalSizerTest, StepsOfTheMomentAreNoSizeToANewOwner) {
  spec_.period = 10min;
  VerticalSizer first(spec_, first_);
  EXPECT_FALSE(first.decided_size()) << "nothing was looked at";
  first.adopt({}, at(0s));
  inputs_.arrival_rate = inputs_.rate;
  run(first, 100);
  auto owner = std::make_unique<VerticalSizer>(first);
  for (int takeovers = 0; takeovers < 5; ++takeovers) {
    inputs_.arrival_rate = 20;
    const Resources surge = run(*owner, 12).size;  // it learns first what a request costs
    ASSERT_GT(surge.cpu_millis, first.decided().cpu_millis);
    auto next = std::make_unique<VerticalSizer>(spec_, first_);
    const auto record = owner->record();
    // An owner of its own accord told it before; or answers later than replicas were looked at.
    if (takeovers % 2 == 0) next->take_over(record);
    next->adopt({surge}, at(now_));
    if (takeovers % 2 == 1) next->take_over(record);
    EXPECT_EQ(next->decided(), first.decided());
    EXPECT_EQ(next->decided_size(), first.decided_size());
    owner = std::move(next);
  }
}

TEST_F(VerticalSizerTest, ANewOwnerIsHeldToThePeriodThatBeganBefore) {
  VerticalSizer first(spec_, first_);
  first.adopt({}, at(0s));
  run(first, 70);
  const auto decided = first.decided_size();
  ASSERT_TRUE(decided);
  ASSERT_GE(decided->changed, at(60s));
  VerticalSizer next(spec_, first_);
  next.take_over(first.record());
  next.adopt({first.size()}, at(now_));
  inputs_.rate = 60;
  inputs_.ready = 20;
  run(next, 40);
  EXPECT_EQ(next.decided(), decided->size) << "110 s after the start, 60 s are a period";
  run(next, 30);
  EXPECT_NE(next.decided(), decided->size);
}

TEST_F(VerticalSizerTest, MemoryThatWasRaisedSinceItWasToldIsKept) {
  VerticalSizer first(spec_, first_);
  first.adopt({}, at(0s));
  run(first, 70);
  const auto record = first.record();
  const Resources raised{record.decided->size.cpu_millis, 400 * kMiB};
  for (const bool told_before : {true, false}) {
    VerticalSizer next(spec_, first_);
    if (told_before) next.take_over(record);
    next.adopt({raised}, at(now_));
    if (!told_before) next.take_over(record);
    EXPECT_EQ(next.decided(), raised);
  }
}

TEST_F(VerticalSizerTest, AWishThatCameAfterTheRecordHolds) {
  VerticalSizer first(spec_, first_);
  first.adopt({}, at(0s));
  run(first, 70);
  const Resources wished{750, 512 * kMiB};
  VerticalSizer next(spec_, wished);
  next.take_over(first.record());
  EXPECT_EQ(next.decided(), wished);
  VerticalSizer told(spec_, first_);
  told.adopt({}, at(0s));
  told.set_spec(spec_, wished, at(1s));
  auto record = first.record();
  record.decided->first = wished;
  told.take_over(record);
  EXPECT_EQ(told.decided(), wished) << "it has decided on it itself";
}

TEST_F(VerticalSizerTest, ReplicasBecomeSmallerOnceThereAreEnoughOfThem) {
  first_.cpu_millis = 800;
  spec_.max.cpu_millis = 800;
  VerticalSizer sizer(spec_, first_);
  sizer.adopt({}, at(0s));
  inputs_.rate = 90;  // 0.9 cores of CPU time: two of 800m, or two or more that are smaller
  inputs_.objective.slo_latency = 1s;
  const auto waits = run(sizer, 75, 0.02);
  ASSERT_LT(waits.recommended.cpu_millis, 800);
  EXPECT_GE(waits.replicas_first, 2) << waits.reason;
  EXPECT_EQ(sizer.decided().cpu_millis, 800);
  EXPECT_THAT(waits.reason, HasSubstr("they become smaller once"));
  inputs_.ready = waits.replicas_first;
  run(sizer, 1, 0.02);
  EXPECT_EQ(sizer.decided(), waits.recommended);
}

TEST_F(VerticalSizerTest, WhereThereIsNoRoomForMoreReplicasTheSizeStays) {
  first_.cpu_millis = 800;
  spec_.max.cpu_millis = 800;
  VerticalSizer sizer(spec_, first_);
  sizer.adopt({}, at(0s));
  inputs_.rate = 90;
  inputs_.objective.slo_latency = 1s;
  int asked = 0;
  for (int i = 0; i < 240; ++i) asked += run(sizer, 1).replicas_first > 0;
  EXPECT_EQ(sizer.decided().cpu_millis, 800);
  EXPECT_GT(asked, 55);
  EXPECT_LT(asked, 125) << "a period of asking, a period of rest";
}

TEST_F(VerticalSizerTest, AnUnmeasuredModelKeepsItsCpu) {
  VerticalSizer sizer(spec_, first_);
  sizer.adopt({}, at(0s));
  SizeDecision d;
  for (int s = 0; s < 300; ++s) {
    now_ += 1s;
    sizer.observe({at(now_), 0.001, 60.0 * kMiB});
    inputs_.now = at(now_);
    inputs_.service.mean_s = 0;
    inputs_.rate = 0;
    d = sizer.decide(inputs_);
  }
  EXPECT_EQ(d.size.cpu_millis, 250);
  EXPECT_LE(d.size.memory_bytes, 128 * kMiB) << "which is known without requests";
  EXPECT_THAT(d.reason, HasSubstr("not known yet"));
}

TEST_F(VerticalSizerTest, AChangedFirstSizeIsAPersonsWish) {
  VerticalSizer sizer(spec_, first_);
  sizer.adopt({}, at(0s));
  run(sizer, 70);
  ASSERT_LT(sizer.size().cpu_millis, 250);
  sizer.set_spec(spec_, {300, 128 * kMiB}, at(now_));
  run(sizer, 30);
  EXPECT_EQ(sizer.decided(), (Resources{300, 128 * kMiB}));
  run(sizer, 60);
  EXPECT_LT(sizer.decided().cpu_millis, 300);
}

RC_GTEST_FIXTURE_PROP(VerticalSizerTest, TheSizeStaysWithinTheLimitsAndAboveTheFloorsMemory, ()) {
  VerticalSizer sizer(spec_, first_);
  sizer.adopt({}, at(0s));
  for (int i = 0; i < 5; ++i) {
    inputs_.rate = *rc::gen::inRange(0, 200);
    inputs_.ready = *rc::gen::inRange(0, 10);
    const auto d = run(sizer, *rc::gen::inRange(1, 40), *rc::gen::inRange(0, 2000) / 1000.0,
                       *rc::gen::inRange(0, 2000));
    RC_ASSERT(d.size == within(spec_, d.size));
    RC_ASSERT(d.recommended == within(spec_, d.recommended));
    RC_ASSERT(d.size.memory_bytes >= within(spec_, d.floor.size).memory_bytes);
    RC_ASSERT(d.recommended.cpu_millis >= within(spec_, d.floor.size).cpu_millis);
  }
}

TEST_F(VerticalSizerTest, MoreLoadThanReplicasServeGetsThemMoreCpuAtOnceAndLessSomeSecondsLater) {
  VerticalSizer sizer(spec_, first_);
  sizer.adopt({}, at(0s));
  inputs_.arrival_rate = inputs_.rate;
  run(sizer, 100);
  const Resources decided = sizer.decided();
  inputs_.arrival_rate = 20;  // one replica serves 15 with all steps
  const auto surge = run(sizer, 1);
  EXPECT_EQ(surge.size.cpu_millis,
            std::llround(static_cast<double>(decided.cpu_millis) * kSizeStep * kSizeStep));
  EXPECT_EQ(surge.size.memory_bytes, decided.memory_bytes);
  EXPECT_EQ(sizer.size(), surge.size);
  EXPECT_EQ(sizer.decided(), decided) << "that is no change of the size";
  EXPECT_THAT(surge.reason, HasSubstr("of CPU for the moment"));
  inputs_.arrival_rate = inputs_.rate;
  EXPECT_EQ(run(sizer, 14).size, surge.size) << "it may come again";
  EXPECT_LE(run(sizer, 1).size.cpu_millis, decided.cpu_millis);
}

TEST_F(VerticalSizerTest, WhatWaitsCountsAsLoad) {
  VerticalSizer sizer(spec_, first_);
  sizer.adopt({}, at(0s));
  inputs_.arrival_rate = inputs_.rate;
  run(sizer, 100);
  inputs_.queued = 40;
  EXPECT_GT(run(sizer, 1).size.cpu_millis, sizer.decided().cpu_millis);
}

TEST_F(VerticalSizerTest, StepsStayWithinTheLimitsAndAboveWhatIsUsed) {
  VerticalSizer sizer(spec_, {900, 256 * kMiB});
  inputs_.cpu_steps = 2;
  EXPECT_EQ(sizer.decide(inputs_).size.cpu_millis, spec_.max.cpu_millis);
  inputs_.cpu_steps = -2;
  EXPECT_EQ(sizer.decide(inputs_).size.cpu_millis, 900) << "nothing is known of the use yet";
  sizer.adopt({}, at(0s));
  inputs_.cpu_steps = 0;
  run(sizer, 300, 0.09);
  inputs_.cpu_steps = -9;
  const auto less = run(sizer, 1, 0.09);
  EXPECT_GE(less.size.cpu_millis, less.floor.size.cpu_millis);
  EXPECT_LE(less.size.cpu_millis, sizer.decided().cpu_millis);
  inputs_.arrival_rate = std::numeric_limits<double>::quiet_NaN();
  inputs_.cpu_steps = 0;
  EXPECT_EQ(sizer.decide(inputs_).size, sizer.decided()) << "no load that can be told";
}

TEST_F(VerticalSizerTest, APolicyCorrectsTheSteps) {
  VerticalSizer sizer(spec_, first_);
  sizer.adopt({}, at(0s));
  inputs_.arrival_rate = inputs_.rate;
  const auto usual = run(sizer, 100);
  inputs_.cpu_steps = 1;
  EXPECT_GT(run(sizer, 1).size.cpu_millis, usual.size.cpu_millis);
  inputs_.cpu_steps = 0;
  EXPECT_EQ(run(sizer, 1).size, usual.size);
}

TEST_F(VerticalSizerTest, WhereSizesAreOnlyRecommendedNoReplicaIsResizedForTheMoment) {
  spec_.mode = SizingMode::kRecommend;
  VerticalSizer sizer(spec_, first_);
  sizer.adopt({}, at(0s));
  inputs_.arrival_rate = 20;
  inputs_.cpu_steps = 2;
  EXPECT_EQ(run(sizer, 100).size, first_);
  EXPECT_FALSE(sizer.observed(0.25));
}

TEST_F(VerticalSizerTest, AServiceTimeIsPlannedWithAtTheDecidedSize) {
  VerticalSizer sizer(spec_, first_);
  sizer.adopt({}, at(0s));
  const ServiceTime measured{0.020, 0.1};
  EXPECT_EQ(sizer.planned(measured, 0.5, 1).mean_s, 0.020) << "what a request costs is not known";
  run(sizer, 30);
  // 10 ms of CPU take 20 ms on half a core and 40 on the quarter that was decided.
  EXPECT_NEAR(sizer.planned(measured, 0.5, 1).mean_s, 0.040, 1e-9);
}

}  // namespace
}  // namespace starling
