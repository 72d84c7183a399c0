// How an owner counts its replicas, told and untold.
#include "control/owned_replicas.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;
using ::testing::SizeIs;

/// Node a, and node d, which drains.
class CountedReplicas : public ::testing::Test {
 protected:
  OwnedReplicas count(const std::vector<ReplicaStatus>& replicas, Duration time) {
    ++sequence_;
    for (const auto& name : {"a", "d"}) {
      std::vector<ReplicaStatus> own;
      for (const auto& one : replicas) {
        if (one.node == name) own.push_back(one);
      }
      auto beat = heartbeat(node(name), sequence_, own);
      if (beat.node.name == "d") beat.scheduling = Scheduling::kDraining;
      members_.on_heartbeat(beat, at(time));
    }
    return pending_.count(members_.replicas_of("m"), generation_of(spec_), move_, members_,
                          at(time));
  }

  ModelSpec spec_ = model("m");
  Membership members_{{}};
  PendingCommands pending_;
  ReplicaMove move_;
  std::uint64_t sequence_ = 0;
};

TEST_F(CountedReplicas, EachIsCountedWhereItBelongs) {
  auto old = replica("old", spec_, "a");
  ++old.generation;
  move_.looked(MoveChoice{"moved", "b", 1, 2, 2}, at(60s));
  const auto found =
      count({replica("r1", spec_, "a"), old, replica("moved", spec_, "a"),
             replica("r2", spec_, "a", ReplicaState::kStarting),
             replica("gone", spec_, "a", ReplicaState::kDraining), replica("r3", spec_, "d")},
            1s);
  EXPECT_THAT(found.current, SizeIs(2));
  EXPECT_EQ(found.ready, 1);
  EXPECT_THAT(found.outdated, SizeIs(1));
  EXPECT_THAT(found.leaving, SizeIs(2)) << "the one that moves and the one on the draining node";
  EXPECT_EQ(found.leaving_ready, 2);
  EXPECT_EQ(found.total(), 2);
}

TEST_F(CountedReplicas, WhatANodeBeganCountsUntilItIsToldOrForgotten) {
  pending_.began("r", at(2s));
  EXPECT_EQ(count({}, 1s).staying(), 1);
  EXPECT_EQ(count({}, 2s).staying(), 0);
  pending_.began("r", at(5s));
  const auto found = count({replica("r", spec_, "a")}, 3s);
  EXPECT_EQ(found.expected, 0);
  EXPECT_EQ(found.staying(), 1);
}

TEST_F(CountedReplicas, WhatWasAskedToGoCountsAgainWhenItStays) {
  pending_.stopping("r", at(2s));
  EXPECT_TRUE(pending_.is_stopping("r"));
  EXPECT_EQ(count({replica("r", spec_, "a")}, 1s).total(), 0);
  EXPECT_EQ(count({replica("r", spec_, "a")}, 2s).total(), 1);
  EXPECT_FALSE(pending_.is_stopping("r"));
}

TEST_F(CountedReplicas, LeavingOnesStandForThoseThatAreWantedAndNotThere) {
  auto found =
      count({replica("r1", spec_, "a"), replica("r2", spec_, "d"), replica("r3", spec_, "d")}, 1s);
  found.count_standing(2);
  EXPECT_EQ(found.total(), 2) << "one of the two is missing elsewhere";
  found.count_standing(1);
  EXPECT_EQ(found.total(), 1);
  found.count_standing(9);
  EXPECT_EQ(found.total(), 3) << "no more than there are";
  found.count_standing(std::nullopt);
  EXPECT_EQ(found.total(), 3) << "at a first decision all that serve are wanted";
}

}  // namespace
}  // namespace starling
