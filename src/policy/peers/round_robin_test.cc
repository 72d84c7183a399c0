// Replicas dealt in turn.
#include "policy/peers/round_robin.h"

#include <gtest/gtest.h>

namespace starling {
namespace {

/// From a room that holds so much, of which each model's replica needs its size.
std::vector<int> dealt(const std::vector<int>& maxima, int room, std::vector<int> sizes = {}) {
  sizes.resize(maxima.size(), 1);
  return deal_in_turn(maxima, [&](std::size_t model) {
    if (sizes[model] > room) return false;
    room -= sizes[model];
    return true;
  });
}

TEST(RoundRobin, DealsOneByOneUntilTheCapacityIsGone) {
  EXPECT_EQ(dealt({9, 9, 9}, 7), (std::vector<int>{3, 2, 2}));
  EXPECT_EQ(dealt({9, 9, 9}, 2), (std::vector<int>{1, 1, 0}));
  EXPECT_EQ(dealt({9, 9, 9}, 0), (std::vector<int>{0, 0, 0}));
}

TEST(RoundRobin, WhatOneMayNotHaveGoesToTheOthers) {
  EXPECT_EQ(dealt({1, 9, 9}, 9), (std::vector<int>{1, 4, 4}));
  EXPECT_EQ(dealt({1, 2, 3}, 100), (std::vector<int>{1, 2, 3}));
}

TEST(RoundRobin, WhereALargeOneNoLongerFitsTheSmallOnesGoOn) {
  EXPECT_EQ(dealt({9, 9}, 8, {4, 1}), (std::vector<int>{1, 4}));
}

}  // namespace
}  // namespace starling
