// A round of the exchange over nodes and models of unlike size.
#include "control/market.h"

#include <gtest/gtest.h>

#include "base/units.h"

namespace starling {
namespace {

MarketModel model(const std::string& name, std::vector<double> gains, std::vector<double> losses,
                  int have, Resources resources = {500, kGiB}) {
  return {
      name, "owner-of-" + name, {{std::move(gains), std::move(losses)}, have, 0, 1, 9}, resources,
      {},   {{"n1", have}}};
}

TEST(Market, FreeRoomIsHandedOutByWorth) {
  const Market market{{model("a", {10, 9}, {}, 1), model("b", {90, 5}, {}, 1)},
                      {{"n1", "c1", {1000, 4 * kGiB}}}};
  const auto parts = settle(market);
  EXPECT_EQ(parts.at("b").starts, 1);
  EXPECT_EQ(parts.at("a").starts, 1);
  EXPECT_TRUE(parts.at("a").purchases.empty());
}

TEST(Market, WhatIsNotFreeIsBoughtOfTheCheapest) {
  const Market market{{model("a", {0}, {3, 4}, 3), model("b", {400, 300, 200}, {}, 1),
                       model("c", {0}, {30, 40}, 3)},
                      {{"n1", "c1", {0, 0}}}};
  const auto part = settle(market).at("b");
  EXPECT_EQ(part.starts, 0);
  ASSERT_EQ(part.purchases.size(), 2U);
  EXPECT_EQ(part.purchases[0].seller, "a");
  EXPECT_EQ(part.purchases[0].owner, "owner-of-a");
  EXPECT_EQ(part.purchases[0].gains, (std::vector<double>{400, 300}));
  EXPECT_EQ(part.purchases[1].seller, "c");
}

TEST(Market, AReplicaIsBoughtOnlyWhereTheBuyersFitsInItsPlace) {
  Market market{{model("large", {900}, {}, 1, {2000, kGiB}), model("small", {0}, {1}, 2),
                 model("wide", {0}, {50}, 2, {2500, 2 * kGiB})},
                {{"n1", "c1", {0, 0}}}};
  const auto part = settle(market).at("large");
  ASSERT_EQ(part.purchases.size(), 1U);
  EXPECT_EQ(part.purchases[0].seller, "wide");
  market.models[0].clouds = {"another"};
  EXPECT_TRUE(settle(market).at("large").purchases.empty());
}

TEST(Market, ModelsThatKeepApartShareNoNode) {
  MarketModel shy = model("shy", {900}, {}, 1);
  shy.on = {{"n2", 1}};
  shy.apart = {"loud"};
  const MarketModel loud = model("loud", {0}, {1, 2}, 2), other = model("other", {0}, {50}, 2);
  Market market{{loud, other, shy},
                {{"n1", "c1", {500, 2 * kGiB}, {{"loud", 2}}}, {"n2", "c1", {0, 0}, {}}}};
  EXPECT_EQ(settle(market).at("shy").starts, 0);
  EXPECT_TRUE(settle(market).at("shy").purchases.empty()) << "one of the loud ones would stay";
  market.models[0].trader.have = market.models[0].on["n1"] = market.nodes[0].runs["loud"] = 1;
  market.models[0].trader.min = 0;
  const auto part = settle(market).at("shy");
  ASSERT_EQ(part.purchases.size(), 1U);
  EXPECT_EQ(part.purchases[0].seller, "loud");
}

}  // namespace
}  // namespace starling
