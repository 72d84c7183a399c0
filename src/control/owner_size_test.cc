// The size of replicas: what an owner makes of their use, and what a node makes of its word.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/units.h"
#include "control/agent.h"
#include "control/ownership.h"
#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

ModelSpec sized(const std::string& name) {
  auto spec = model(name);
  spec.policy = "static";
  spec.slo = {500ms, 99};
  spec.sizing = {SizingMode::kAuto, {50, 64 * kMiB}, {2000, 1024 * kMiB}, 1min};
  return spec;
}

/// Node a owns the model; its replicas run on node b.
class OwnerSizeTest : public ::testing::Test {
 protected:
  /// Until then the replicas use so much, and ten requests a second come. Gives the last decision.
  Decision run(ModelOwner& owner, Duration until, double cores, double mebibytes) {
    Decision last;
    for (; now_ < until; now_ += 100ms) {
      if (now_ % 500ms == 0us) beat(cores, mebibytes);
      if (now_ % 1s == 0us) demand_.add(at(now_), second());
      for (const auto& d : all<Decided>(owner.on_tick(context()))) last = d.decision;
    }
    return last;
  }

  void beat(double cores, double mebibytes) {
    for (auto& r : replicas_) {
      r.cpu_cores = cores;
      r.memory_bytes = static_cast<std::int64_t>(mebibytes * kMiB);
    }
    members_.on_heartbeat(heartbeat(node("a"), ++sequence_), at(now_));
    members_.on_heartbeat(heartbeat(node("b"), sequence_, replicas_), at(now_));
  }

  TrafficSample second() const {
    TrafficSample s;
    s.model = "m";
    s.arrivals = s.completed = s.within_slo = s.service_count = per_second_;
    s.latency.add(0.02, per_second_);
    s.service_sum_s = 0.02 * static_cast<double>(per_second_);
    s.service_square_sum = 0.00044 * static_cast<double>(per_second_);
    return s;
  }

  ModelOwner owner() { return ModelOwner("a", "a.1", {spec_, 1}, at(now_), {}); }
  OwnerContext context() const { return {members_, demand_, at(now_)}; }

  ModelSpec spec_ = sized("m");
  std::vector<ReplicaStatus> replicas_{replica("r1", spec_, "b")};
  Membership members_{{}};
  Demand demand_;
  Duration now_{0};
  std::uint64_t sequence_ = 0;
  std::uint64_t per_second_ = 10;
};

TEST_F(OwnerSizeTest, ALeapOfLoadGetsTheReplicasMoreCpuForTheMoment) {
  auto o = owner();
  const auto usual = run(o, 100s, 0.05, 80);
  per_second_ = 200;
  const auto leap = run(o, 106s, 1, 80);
  EXPECT_GT(leap.size->size.cpu_millis, usual.size->size.cpu_millis);
  EXPECT_THAT(leap.size->reason, HasSubstr("of CPU for the moment"));
  EXPECT_EQ(o.summary(context()).size->size, leap.size->size) << "every node hears of it";
  ASSERT_TRUE(leap.observation.size);
  EXPECT_NEAR(leap.observation.size->cpu_s_per_request, 0.005, 0.002);
  per_second_ = 10;
  EXPECT_LT(run(o, 140s, 0.05, 80).size->size.cpu_millis, leap.size->size.cpu_millis);
}

TEST_F(OwnerSizeTest, WhatReplicasDoNotUseIsTakenFromThemAfterAPeriod) {
  auto o = owner();
  const auto early = run(o, 40s, 0.05, 80);
  ASSERT_TRUE(early.size.has_value());
  EXPECT_EQ(early.size->size, spec_.resources);
  EXPECT_EQ(o.summary(context()).size->size, spec_.resources);
  const auto late = run(o, 90s, 0.05, 80);
  EXPECT_LT(late.size->size.cpu_millis, 500);
  EXPECT_GE(late.size->size.cpu_millis, 58) << "p95 and 15 %";
  EXPECT_LT(late.size->size.memory_bytes, 512 * kMiB);
  EXPECT_GE(late.size->size.memory_bytes, 92 * kMiB);
  const auto told = o.summary(context()).size;
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(told->size, late.size->size);
  EXPECT_EQ(told->reason, late.size->reason.substr(0, 200));
  EXPECT_EQ(to_json(late)["size"]["resources"]["cpu_millis"], late.size->size.cpu_millis);
}

TEST_F(OwnerSizeTest, NewReplicasAreAskedForInTheSizeDecidedOn) {
  auto o = owner();
  run(o, 90s, 0.05, 80);
  const Resources decided = o.summary(context()).size->size;
  ASSERT_NE(decided, spec_.resources);
  replicas_.clear();
  beat(0, 0);
  now_ += 2s;
  o.on_tick(context());  // asks for a forecast, and waits no longer than
  now_ += 500ms;
  const auto asked = sent<BidRequest>(o.on_tick(context()));
  ASSERT_THAT(asked, SizeIs(1));
  EXPECT_EQ(asked[0].resources, decided);
}

TEST_F(OwnerSizeTest, ATakeoverLeavesTheReplicasAsTheyAre) {
  replicas_[0].resources = {125, 128 * kMiB};
  beat(0.01, 50);
  auto o = owner();
  EXPECT_FALSE(o.summary(context()).size.has_value()) << "nothing is told before it was looked at";
  const auto d = run(o, 50s, 0.01, 50);
  EXPECT_EQ(d.size->size, (Resources{125, 128 * kMiB}));
}

TEST_F(OwnerSizeTest, ATakeoverDuringALeapGoesOnFromWhatWasDecided) {
  auto o = owner();
  run(o, 100s, 0.05, 80);
  const auto decided = o.decided_size();
  ASSERT_TRUE(decided);
  per_second_ = 200;
  const Resources leap = run(o, 106s, 1, 80).size->size;
  ASSERT_GT(leap.cpu_millis, decided->size.cpu_millis);
  replicas_[0].resources = leap;
  beat(0.05, 80);
  auto next = owner();
  next.take_over(*o.sizer_record());
  per_second_ = 10;
  run(next, 140s, 0.05, 80);
  EXPECT_EQ(next.decided_size()->size.cpu_millis, decided->size.cpu_millis);
}

TEST_F(OwnerSizeTest, WhatADeletedModelOfTheNameLeavesSaysNothingOfItsSize) {
  replicas_[0].resources = {125, 128 * kMiB};
  replicas_[0].state = ReplicaState::kDraining;
  beat(0.01, 50);
  auto o = owner();
  EXPECT_EQ(run(o, 10s, 0.01, 50).size->size, spec_.resources);
}

TEST_F(OwnerSizeTest, AMemoryKillIsAnsweredAtTheNextDecision) {
  auto o = owner();
  replicas_[0].memory_kills = 3;  // of an earlier owner's time
  run(o, 10s, 0.05, 80);
  EXPECT_EQ(o.summary(context()).size->size.memory_bytes, 512 * kMiB);
  replicas_[0].memory_kills = 4;
  const auto d = run(o, 12s, 0.05, 80);
  EXPECT_EQ(d.size->size.memory_bytes, 615 * kMiB) << "20 % more";
  ASSERT_THAT(d.allocation.guards, Not(IsEmpty()));
}

TEST_F(OwnerSizeTest, RecommendAnnouncesTheManifestsSize) {
  spec_.sizing.mode = SizingMode::kRecommend;
  auto o = owner();
  const auto d = run(o, 90s, 0.05, 80);
  EXPECT_EQ(d.size->size, spec_.resources);
  EXPECT_LT(d.size->recommended.cpu_millis, 500);
  EXPECT_EQ(o.summary(context()).size->size, spec_.resources);
}

TEST_F(OwnerSizeTest, WithoutSizingNothingIsSaidOfIt) {
  spec_.sizing = {};
  auto o = owner();
  EXPECT_FALSE(run(o, 20s, 0.05, 80).size.has_value());
  EXPECT_FALSE(o.summary(context()).size.has_value());
}

/// Node a runs a replica of a model that node b owns.
class SizeOnANodeTest : public ::testing::Test {
 protected:
  SizeOnANodeTest() {
    for (int i = 0; rendezvous_order(spec_.name, {"a", "b"}).front() != "b"; ++i) {
      spec_ = sized(fmt::format("m{}", i));
    }
    agent_.on_specs({{spec_, 1}}, at(0s));
    run(3s, std::nullopt);
    agent_.on_message(BidRequest{"r", "b", spec_.name, spec_.resources, 1, {}}, at(now_));
    agent_.on_message(Award{"r", "b", spec_.name, generation_of(spec_), 1}, at(now_));
    EXPECT_THAT(agent_.ledger().replicas(), SizeIs(1));
  }

  /// Ticks until then; b beats, with its word on the size if there is one.
  std::vector<ResizeReplicaEffect> run(Duration until, std::optional<Resources> size) {
    std::vector<ResizeReplicaEffect> resizes;
    for (; now_ < until; now_ += 100ms) {
      if (now_ % 500ms == 0us) {
        auto beat = heartbeat(node("b"), ++sequence_);
        ModelSummary summary;
        summary.model = spec_.name;
        if (size) summary.size = SizeSummary{*size, *size, {}, ""};
        beat.owned = {summary};
        agent_.on_message(beat, at(now_));
      }
      for (auto& r : all<ResizeReplicaEffect>(agent_.on_tick(at(now_)))) resizes.push_back(r);
    }
    return resizes;
  }

  Agent agent_{node("a"), 1, at(0s)};
  ModelSpec spec_ = sized("m");
  Duration now_{0};
  std::uint64_t sequence_ = 0;
  std::uint64_t per_second_ = 10;
};

TEST_F(SizeOnANodeTest, TheOwnersWordIsCarriedOutInPlace) {
  EXPECT_THAT(run(5s, std::nullopt), IsEmpty()) << "before it the replica stays as it is";
  const auto resizes = run(7s, Resources{125, 96 * kMiB});
  ASSERT_THAT(resizes, SizeIs(1));
  EXPECT_EQ(resizes[0].resources, (Resources{125, 96 * kMiB}));
  EXPECT_EQ(resizes[0].before, spec_.resources);
  EXPECT_THAT(run(9s, Resources{125, 96 * kMiB}), IsEmpty()) << "once";
}

TEST_F(SizeOnANodeTest, NobodyGoesBeyondTheManifestsLimits) {
  const auto small = run(5s, Resources{1, 1});
  ASSERT_THAT(small, SizeIs(1));
  EXPECT_EQ(small[0].resources, spec_.sizing.min);
  const auto large = run(7s, Resources{9'000'000, 1LL << 50});
  ASSERT_THAT(large, SizeIs(1));
  EXPECT_EQ(large[0].resources, spec_.sizing.max);
}

TEST_F(SizeOnANodeTest, AnIncreaseThatDoesNotFitIsCarriedOutWhenThereIsRoom) {
  const auto other =
      agent_.on_message(BidRequest{"large", "b", spec_.name, {3000, kMiB}, 1, {}}, at(now_));
  ASSERT_EQ(sent<Bid>(other).at(0).count, 1) << "a promise takes the room for a second";
  EXPECT_THAT(run(now_ + 900ms, Resources{1500, 512 * kMiB}), IsEmpty());
  EXPECT_THAT(run(now_ + 1s, Resources{1500, 512 * kMiB}), SizeIs(1));
}

TEST_F(SizeOnANodeTest, WithoutSizingTheManifestRulesWhateverTheOwnerSays) {
  spec_.sizing.mode = SizingMode::kRecommend;
  agent_.on_specs({{spec_, 2}}, at(now_));
  EXPECT_THAT(run(5s, Resources{125, 96 * kMiB}), IsEmpty());
}

TEST_F(SizeOnANodeTest, UseAndMemoryKillsAreInTheHeartbeat) {
  const std::string id = agent_.ledger().replicas().begin()->first;
  agent_.on_usage({{id, {0.25, 90 * kMiB}}, {"unknown", {1, 1}}});
  agent_.on_replica_event({ReplicaEvent::Kind::kUnready, id, "", 0s, "killed", true}, at(now_));
  agent_.on_replica_event({ReplicaEvent::Kind::kUnready, id, "", 0s, "other reasons"}, at(now_));
  const auto beats = sent<Heartbeat>(agent_.on_tick(at(now_)));
  ASSERT_THAT(beats, SizeIs(1));
  ASSERT_THAT(beats[0].replicas, SizeIs(1));
  EXPECT_EQ(beats[0].replicas[0].memory_kills, 1);
  EXPECT_EQ(beats[0].replicas[0].memory_bytes, 90 * kMiB);
  EXPECT_DOUBLE_EQ(beats[0].replicas[0].cpu_cores, 0.25);
}

}  // namespace
}  // namespace starling
