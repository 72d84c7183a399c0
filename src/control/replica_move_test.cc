// The move of a replica, step by step.
#include "control/replica_move.h"

#include <gtest/gtest.h>

#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;

const MoveChoice kToB{"r", "b", 0.02, 0.05, 0.04};  // from 0.05/h to 0.03/h

BidOutcome won_at(double cost_per_hour) {
  BidOutcome bid;
  bid.node = "b";
  bid.offered = 1;
  bid.awarded = 1;
  bid.cost_per_hour = cost_per_hour;
  return bid;
}

TEST(ReplicaMove, ItEndsWhenTheReplicaHasGoneOrTooLate) {
  ReplicaMove move;
  EXPECT_TRUE(move.may_look(at(0s)));
  move.looked(kToB, at(60s));
  EXPECT_TRUE(move.moves("r"));
  EXPECT_FALSE(move.moves("s"));
  move.check({replica("s", model("m"), "a"), replica("r", model("m"), "a")}, at(59s));
  EXPECT_TRUE(move.begun());
  move.check({replica("s", model("m"), "a")}, at(59s));
  EXPECT_FALSE(move.begun()) << "it is gone";
  EXPECT_FALSE(move.may_look(at(59s)));
  EXPECT_TRUE(move.may_look(at(60s)));
  move.looked(kToB, at(120s));
  move.check({replica("r", model("m"), "a")}, at(120s));
  EXPECT_FALSE(move.begun()) << "in time nobody has taken its place";
}

TEST(ReplicaMove, NothingFoundIsLookedForAgainAfterThePause) {
  ReplicaMove move;
  move.looked(std::nullopt, at(60s));
  EXPECT_FALSE(move.begun());
  EXPECT_FALSE(move.moves("r"));
  EXPECT_FALSE(move.may_look(at(59s)));
}

TEST(ReplicaMove, ItIsMadeForHalfOfWhatItPromisedAndNotForLess) {
  ReplicaMove move;
  move.looked(kToB, at(60s));
  std::vector<BidOutcome> bids{won_at(0.04 - 1e-9)};
  EXPECT_FALSE(move.give_up_unless_better(bids));
  EXPECT_EQ(bids[0].awarded, 1);
  EXPECT_TRUE(move.begun());
  bids = {won_at(0.04 + 1e-9)};
  EXPECT_TRUE(move.give_up_unless_better(bids));
  EXPECT_EQ(bids[0].awarded, 0);
  EXPECT_FALSE(bids[0].note.empty());
  EXPECT_FALSE(move.begun());
}

TEST(ReplicaMove, WithoutAWinnerTheReplicaStays) {
  ReplicaMove move;
  move.looked(kToB, at(60s));
  std::vector<BidOutcome> none;
  EXPECT_TRUE(move.give_up_unless_better(none));
  EXPECT_FALSE(move.begun());
}

}  // namespace
}  // namespace starling
