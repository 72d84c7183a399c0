// What a model lacks, tender by tender.
#include "control/shortage.h"

#include <gtest/gtest.h>

#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;

Bid bid_for(int count, BidLimit limit = BidLimit::kOther, const std::string& reason = "full") {
  Bid bid;
  bid.node = "a";
  bid.count = count;
  bid.reason = reason;
  bid.limit = limit;
  return bid;
}

/// A tender for two that got so many.
Shortage::Outcome awarded(int count) {
  Shortage::Outcome outcome;
  outcome.wanted = 2;
  outcome.awarded = count;
  outcome.size = {500, 512LL << 20};
  outcome.no_room = true;
  return outcome;
}

ModelSummary told(const Shortage& shortage) {
  ModelSummary summary;
  shortage.tell(summary);
  return summary;
}

TEST(Shortage, OnlySeveralTendersInARowAreAShortageOfTheFleet) {
  Shortage shortage;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(told(shortage).short_by, 0) << i;
    shortage.on_tender({bid_for(1)}, awarded(1));
    EXPECT_EQ(shortage.short_by(), 1);
    EXPECT_TRUE(shortage.holds_back());
  }
  EXPECT_EQ(told(shortage).short_by, 1);
  EXPECT_EQ(told(shortage).problem, "no node takes 1 more of 500m CPU and 512Mi");
  auto some_room = awarded(1);
  some_room.no_room = false;
  shortage.on_tender({bid_for(1)}, some_room);
  EXPECT_EQ(told(shortage).short_by, 0) << "a node that was not asked has room";
}

TEST(Shortage, ADecisionThatMissesNothingEndsIt) {
  Shortage shortage;
  for (int i = 0; i < 3; ++i) shortage.on_tender({}, awarded(0));
  EXPECT_EQ(told(shortage).problem, "no node takes 2 more of 500m CPU and 512Mi: none answered");
  shortage.on_decision({0, 0, false, true});
  EXPECT_EQ(told(shortage).short_by, 2) << "a share of what is short misses nothing";
  shortage.on_decision({0, 0, false, false});
  EXPECT_EQ(told(shortage).short_by, 0);
  EXPECT_NE(told(shortage).problem, "") << "they do not serve yet";
  shortage.on_decision({0, 0, true, false});
  EXPECT_EQ(told(shortage).problem, "");
}

TEST(Shortage, WantOfMoneyIsNoWantOfRoom) {
  Shortage shortage;
  shortage.on_tender({bid_for(0, BidLimit::kBudget), bid_for(0, BidLimit::kBudget)}, awarded(0));
  EXPECT_EQ(shortage.short_by(), 0);
  EXPECT_TRUE(shortage.holds_back());
  shortage.on_decision({0, 0, false, false});
  EXPECT_FALSE(shortage.holds_back());
  shortage.on_tender({bid_for(0, BidLimit::kBudget), bid_for(0)}, awarded(0));
  EXPECT_EQ(shortage.short_by(), 2) << "one of them has no room";
}

TEST(Shortage, AMoveThatIsGivenUpLacksNothing) {
  Shortage shortage;
  auto given_up = awarded(0);
  given_up.given_up = true;
  shortage.on_tender({bid_for(0)}, given_up);
  EXPECT_EQ(shortage.short_by(), 0);
  EXPECT_FALSE(shortage.holds_back());
}

TEST(Shortage, ReplacementsWithoutRoomAreToldOnce) {
  Shortage shortage;
  shortage.on_decision({2, 1, false, false});
  EXPECT_TRUE(shortage.on_tender({bid_for(0)}, awarded(0)));
  EXPECT_FALSE(shortage.on_tender({bid_for(0)}, awarded(0)));
  EXPECT_EQ(told(shortage).leaving, 1);
  EXPECT_EQ(told(shortage).unplaced, 1);
  shortage.on_tender({bid_for(0)}, awarded(0));
  EXPECT_EQ(told(shortage).short_by, 1) << "beside those that stay where they are";
  shortage.on_decision({0, 1, false, false});
  EXPECT_EQ(shortage.unplaced(), 0);
}

TEST(Shortage, AShareOfWhatIsShortIsAShortageAtOnce) {
  Shortage shortage;
  shortage.on_share(2, true);
  EXPECT_EQ(told(shortage).short_by, 2);
  shortage.on_share(2, false);
  EXPECT_EQ(told(shortage).short_by, 0);
}

TEST(Shortage, WhereReplicasFailedIsToldFirst) {
  Shortage shortage;
  shortage.on_tender({bid_for(0, BidLimit::kOther, "full"),
                      bid_for(0, BidLimit::kFailedHere, "a replica failed here"),
                      bid_for(0, BidLimit::kOther, "not seen"), bid_for(2)},
                     awarded(2));
  EXPECT_EQ(told(shortage).problem, "a: a replica failed here; a: full; and 1 more node");
}

}  // namespace
}  // namespace starling
