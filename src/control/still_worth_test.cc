// What a decision leaves of a round, by what replicas are worth to it.
#include "control/still_worth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace starling {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int kMost = 10;

/// A decision of a model that has two replicas and wants so many; each further one saves so much.
Decision decision(int wanted, std::vector<double> gains, int min = 1) {
  Decision d;
  d.current = 2;
  d.objective.min = min;
  d.allocation.replicas = wanted;
  d.allocation.values.gains = std::move(gains);
  return d;
}

/// Starts, and a purchase of replicas that saved so much when the round was settled.
MarketPart part(int starts, std::vector<double> gains) {
  MarketPart all;
  all.starts = starts;
  if (!gains.empty()) all.purchases = {{"n", "b", std::move(gains)}};
  return all;
}

TEST(StillWorth, GainsAreThoseOfNow) {
  const auto left = still_worth(part(1, {500, 400}), decision(5, {90, 80, 70}), 0, kMost, {});
  EXPECT_EQ(left.starts, 1);
  ASSERT_THAT(left.purchases, SizeIs(1));
  EXPECT_THAT(left.purchases[0].gains, ElementsAre(80, 70));
}

TEST(StillWorth, WhatIsPromisedIsNotBoughtAgain) {
  const auto left = still_worth(part(0, {500, 400}), decision(5, {90, 80, 10}), 1, kMost, {});
  ASSERT_THAT(left.purchases, SizeIs(1));
  EXPECT_THAT(left.purchases[0].gains, ElementsAre(80)) << "a third one saves too little";
}

TEST(StillWorth, BeyondTheWishAStartMustSaveMuch) {
  EXPECT_EQ(still_worth(part(3, {}), decision(3, {90, 80, 70}), 0, kMost, {}).starts, 1);
  EXPECT_EQ(still_worth(part(3, {}), decision(3, {900, 800, 70}), 0, kMost, {}).starts, 2);
}

TEST(StillWorth, NothingIsTakenBeyondTheMost) {
  const auto left = still_worth(part(1, {500, 400}), decision(9, {90, 80, 70}), 0, 3, {});
  EXPECT_EQ(left.starts, 1);
  EXPECT_THAT(left.purchases, IsEmpty());
}

TEST(StillWorth, BelowTheMinimumWhatTheRoundSaidHolds) {
  const auto left = still_worth(part(1, {1e6}), decision(4, {}, 4), 0, kMost, {});
  EXPECT_EQ(left.starts, 1);
  ASSERT_THAT(left.purchases, SizeIs(1));
  EXPECT_THAT(left.purchases[0].gains, ElementsAre(1e6));
}

}  // namespace
}  // namespace starling
