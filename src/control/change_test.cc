// What is told of a node by differences is what a whole heartbeat would have told.
#include "control/change.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "control/codec.h"
#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;

Heartbeat account(std::uint64_t sequence, std::vector<ReplicaStatus> replicas,
                  std::vector<ModelSummary> owned = {}) {
  auto beat = heartbeat(node("a"), sequence, std::move(replicas));
  beat.owned = std::move(owned);
  return beat;
}

ModelSummary summary(const std::string& model, std::uint64_t epoch = 1) {
  ModelSummary s;
  s.model = model;
  s.epoch = epoch;
  return s;
}

Heartbeat arbitrary(std::uint64_t sequence) {
  Heartbeat beat = account(sequence, {});
  for (int i = 0; i < 8; ++i) {
    if (*rc::gen::arbitrary<bool>()) continue;
    auto one = replica(
        fmt::format("m-a-{}", i), model("m"), "a",
        *rc::gen::element(ReplicaState::kStarting, ReplicaState::kReady, ReplicaState::kDraining));
    one.epoch = *rc::gen::inRange<std::uint64_t>(0, 3);
    one.cpu_cores = *rc::gen::inRange(0, 3);
    one.resources.cpu_millis = *rc::gen::element(250, 500);
    beat.replicas.push_back(one);
  }
  for (int i = 0; i < 5; ++i) {
    if (*rc::gen::arbitrary<bool>()) continue;
    beat.owned.push_back(summary(fmt::format("m{}", i), *rc::gen::inRange<std::uint64_t>(0, 3)));
    beat.owned.back().desired = *rc::gen::inRange(0, 3);
    if (*rc::gen::arbitrary<bool>()) beat.owned.back().size = SizeSummary{{250, 1}, {}, {}, "why"};
  }
  beat.free = free_by_replicas(beat.node, beat.replicas);
  if (*rc::gen::arbitrary<bool>()) beat.free.cpu_millis = 7;  // some of it is promised
  beat.scheduling = *rc::gen::element(Scheduling::kOpen, Scheduling::kDraining);
  return beat;
}

RC_GTEST_PROP(Change, TakenInItMakesTheOneOfTheOther, ()) {
  auto before = arbitrary(7);
  const auto after = arbitrary(9);
  const auto brief = *rc::gen::arbitrary<bool>();
  const auto sent = decode(encode(change_between(before, after, true, brief)));
  RC_ASSERT(sent.has_value());
  const auto& change = std::get<Change>(*sent);
  RC_ASSERT(change.since == 7u);
  RC_ASSERT(change.free.has_value() || brief);
  take_in(change, before);
  RC_ASSERT(before.replicas == after.replicas);
  RC_ASSERT(before.owned == after.owned);
  RC_ASSERT(before.free == after.free);
  RC_ASSERT(before.scheduling == after.scheduling);
  RC_ASSERT(before.content == 9u);
}

TEST(Change, RoomIsNeverLessThanNothingHoweverMuchIsSaidToRun) {
  Heartbeat beat = heartbeat(node("a"), 1);
  Change change;
  change.node = "a";
  change.sequence = 2;
  change.since = 1;
  for (int i = 0; i < 2000; ++i) {
    auto huge = replica(fmt::format("r{}", i), model("m"), "a");
    huge.resources.memory_bytes = 9'000'000'000'000'000;
    change.replicas.push_back(huge);
  }
  const auto sent = decode(encode(change));
  ASSERT_TRUE(sent) << sent.error().message;
  take_in(std::get<Change>(*sent), beat);
  EXPECT_EQ(beat.free.memory_bytes, 0);
}

RC_GTEST_PROP(Change, WithoutFiguresNothingIsLeftOutThatOthersActOn, ()) {
  auto before = arbitrary(7);
  const auto after = arbitrary(9);
  take_in(change_between(before, after, false), before);
  RC_ASSERT(before.replicas.size() == after.replicas.size());
  for (std::size_t i = 0; i < after.replicas.size(); ++i) {
    auto told = before.replicas[i];
    told.cpu_cores = after.replicas[i].cpu_cores;
    RC_ASSERT(told == after.replicas[i]);
  }
  RC_ASSERT(before.owned.size() == after.owned.size());
  for (std::size_t i = 0; i < after.owned.size(); ++i) {
    RC_ASSERT(before.owned[i].epoch == after.owned[i].epoch);
    RC_ASSERT(before.owned[i].size == after.owned[i].size);
  }
}

TEST(Change, MereFiguresSayNothingUnlessTheyAreAskedFor) {
  const auto spec = model("m");
  auto before = account(3, {replica("r1", spec, "a")}, {summary("m")});
  auto after = before;
  after.sequence = 4;
  after.replicas[0].cpu_cores = 0.7;
  after.owned[0].arrival_rate = 12;
  EXPECT_FALSE(says_something(change_between(before, after, false), before));
  const auto told = change_between(before, after, true);
  EXPECT_TRUE(says_something(told, before));
  take_in(told, before);
  EXPECT_EQ(before.owned[0].arrival_rate, 12);
}

TEST(Change, AShortageIsMoreThanAFigure) {
  auto before = account(3, {}, {summary("m")});
  auto after = before;
  after.owned[0].short_by = 2;
  EXPECT_EQ(change_between(before, after, false).owned.size(), 1u);
}

TEST(Change, AReplicaThatIsReadyIsToldInFewBytes) {
  const auto spec = model("m");
  const auto before = account(3, {replica("m-a-1", spec, "a", ReplicaState::kStarting)});
  const auto after = account(4, {replica("m-a-1", spec, "a")});
  const auto change = change_between(before, after, false);
  EXPECT_TRUE(change.replicas.empty());
  ASSERT_EQ(change.turned.size(), 1u);
  EXPECT_LT(encode(change).size(), 150u);
}

TEST(Change, FiguresOfALargeFleetCostEachNodeTheSame) {
  const auto pause = figures_pause(10'000, 10, 10, false);
  EXPECT_NEAR(seconds(pause) / seconds(figures_pause(1000, 10, 10, false)), 10, 0.01);
  EXPECT_LT(figures_pause(10'000, 10, 10, true), pause);
  EXPECT_GE(figures_pause(1, 0, 0, true), 2s);
}

}  // namespace
}  // namespace starling
