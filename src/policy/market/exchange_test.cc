// The exchange of scarce capacity, against its stated rules.
#include "policy/market/exchange.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>
#include <utility>

namespace starling {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

/// A fleet with so much free room that writes down what the exchange does.
struct Fleet {
  explicit Fleet(int room) : free(room) {}
  ExchangeActions actions() {
    return {[this](std::size_t buyer) {
              if (free == 0) return false;
              --free;
              starts.push_back(buyer);
              return true;
            },
            [this](const Move& move) {
              if (impossible.contains({move.seller, move.buyer})) return false;
              moves.emplace_back(move.seller, move.buyer);
              return true;
            }};
  }
  int free;
  std::set<std::pair<std::size_t, std::size_t>> impossible = {};
  std::vector<std::size_t> starts;
  std::vector<std::pair<std::size_t, std::size_t>> moves;
};

TEST(Exchange, FreeCapacityGoesToTheHighestGainsOneByOne) {
  std::vector<Trader> traders{{{{90, 10}, {}}, 1, 0, 1, 9}, {{{80, 70, 60}, {}}, 1, 0, 1, 9}};
  Fleet fleet(3);
  trade(traders, fleet.actions());
  EXPECT_THAT(fleet.starts, ElementsAre(0, 1, 1));
  EXPECT_EQ(traders[1].have, 3);
}

TEST(Exchange, NobodyTakesWhatIsWorthNothingOrMoreThanItMayHave) {
  std::vector<Trader> traders{{{{0, 0}, {}}, 1, 0, 1, 9}, {{{80, 70, 60}, {}}, 1, 0, 1, 2}};
  Fleet fleet(5);
  trade(traders, fleet.actions());
  EXPECT_THAT(fleet.starts, ElementsAre(1));
  EXPECT_EQ(fleet.free, 4);
}

TEST(Exchange, WhatNobodyWishesForStaysFreeForWhoeverNeedsItNext) {
  const auto started = [](double gain) {
    std::vector<Trader> traders{{{{90, 80, gain}, {}}, 1, 0, 1, 9, /*wish=*/3}};
    Fleet fleet(5);
    trade(traders, fleet.actions());
    return fleet.starts.size();
  };
  EXPECT_EQ(started(70), 2u);
  EXPECT_EQ(started(101), 3u) << "it would miss too many requests without";
}

TEST(Exchange, AReplicaMovesOnlyForMoreThanItsLossAndTheSwitch) {
  const auto moved = [](double gain, double loss) {
    std::vector<Trader> traders{{{{0}, {loss}}, 3, 0, 1, 9}, {{{gain}, {999}}, 1, 0, 1, 9}};
    Fleet fleet(0);
    trade(traders, fleet.actions());
    return !fleet.moves.empty();
  };
  EXPECT_TRUE(moved(61, 40));
  EXPECT_TRUE(moved(281, 200));
  EXPECT_FALSE(moved(59, 40)) << "not by the margin of 20 requests";
  EXPECT_FALSE(moved(270, 200)) << "not 1.4 times the loss";
  EXPECT_FALSE(moved(20, 0));
}

TEST(Exchange, BeyondItsWishAModelGivesBackWhatItHardlyMisses) {
  const ExchangeOptions options;
  EXPECT_EQ(given_back({{0}, {3, 12, 400}}, 3, options), 2);
  EXPECT_EQ(given_back({{0}, {3, 12, 400}}, 1, options), 1) << "the others it wishes for";
  EXPECT_EQ(given_back({{0}, {400, 3}}, 2, options), 0) << "they go in this order";
  EXPECT_EQ(given_back({{0}, {3, 12}}, 4, options), 2) << "what the others are worth is not known";
  EXPECT_EQ(given_back({{0}, {0, 0}}, -1, options), 0);
  EXPECT_EQ(given_back({{}, {}}, 2, options), 0);
  EXPECT_EQ(given_back({{101}, {3}}, 1, options), 0) << "it would take one more, too";
}

TEST(Exchange, TheCheapestSellsAndNeverBelowItsMinimum) {
  std::vector<Trader> traders{{{{0}, {5, 6, 7}}, 2, 0, 1, 9},
                              {{{0}, {50, 60}}, 4, 0, 1, 9},
                              {{{900, 800, 700, 90, 80}, {}}, 1, 0, 1, 9}};
  Fleet fleet(0);
  trade(traders, fleet.actions());
  EXPECT_THAT(fleet.moves, ElementsAre(Pair(0, 2), Pair(1, 2), Pair(1, 2)));
  EXPECT_EQ(traders[0].have, 1);
}

TEST(Exchange, WhatWasPromisedEarlierCountsAsBought) {
  std::vector<Trader> traders{{{{0}, {5, 6, 7}}, 4, 0, 1, 9}, {{{900, 15}, {}}, 1, 1, 1, 9}};
  Fleet fleet(0);
  trade(traders, fleet.actions());
  EXPECT_THAT(fleet.moves, IsEmpty()) << "the second is worth 15";
}

TEST(Exchange, AMoveThatCannotBeIsTriedWithTheNextSeller) {
  std::vector<Trader> traders{{{{0}, {5}}, 2, 0, 1, 9},
                              {{{0}, {50}}, 2, 0, 1, 9},
                              {{{900, 800}, {}}, 1, 0, 1, 9},
                              {{{70}, {}}, 1, 0, 1, 9}};
  Fleet fleet(0);
  fleet.impossible = {{0, 2}};
  trade(traders, fleet.actions());
  EXPECT_THAT(fleet.moves, ElementsAre(Pair(1, 2), Pair(0, 3))) << "what 2 could not use, 3 can";
}

TEST(Exchange, BelowItsMinimumATraderComesFirst) {
  std::vector<Trader> traders{{{{900, 800}, {}}, 1, 0, 1, 9}, {{{}, {}}, 0, 0, 2, 9}};
  Fleet fleet(3);
  trade(traders, fleet.actions());
  EXPECT_THAT(fleet.starts, ElementsAre(1, 1, 0));
}

RC_GTEST_PROP(Exchange, KeepsLimitsAndConservesReplicas, ()) {
  std::vector<Trader> traders;
  const auto count = *rc::gen::inRange<std::size_t>(1, 6);
  int before = 0;
  for (std::size_t i = 0; i < count; ++i) {
    Trader trader;
    trader.min = *rc::gen::inRange(0, 3);
    trader.max = trader.min + *rc::gen::inRange(0, 6);
    trader.have = *rc::gen::inRange(trader.min, trader.max + 1);
    for (int k = 0; k < 8; ++k) trader.values.gains.push_back(*rc::gen::inRange(0, 300));
    for (int k = 0; k < std::min(4, trader.have); ++k) {
      trader.values.losses.push_back(*rc::gen::inRange(0, 300));
    }
    before += trader.have;
    traders.push_back(std::move(trader));
  }
  const int room = *rc::gen::inRange(0, 10);
  Fleet fleet(room);
  trade(traders, fleet.actions());
  int after = 0;
  for (const Trader& trader : traders) {
    RC_ASSERT(trader.have >= trader.min && trader.have <= trader.max);
    after += trader.have;
  }
  RC_ASSERT(after == before + static_cast<int>(fleet.starts.size()));
  RC_ASSERT(fleet.free >= 0);
}

}  // namespace
}  // namespace starling
