// How a tenant's models share its money: never beyond it, by worth, and the same for everybody.
#include "control/budget.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

namespace starling {
namespace {

BudgetModel model(const std::string& name, double price, int have, int wish,
                  std::vector<double> gains, std::vector<double> losses, int min = 1) {
  return {name, price, have, wish, min, {std::move(gains), std::move(losses)}, 1};
}

TEST(Budget, MoneyGoesToWhatIsWorthMost) {
  const auto allowed = share_budget(
      {model("a", 0.5, 1, 4, {10, 9, 8}, {50}), model("b", 0.5, 1, 4, {90, 80, 5}, {50})}, 2.0);
  EXPECT_EQ(allowed.at("a"), 1);
  EXPECT_EQ(allowed.at("b"), 3);
}

TEST(Budget, WhatAMinimumAsksForComesFirst) {
  const auto allowed = share_budget(
      {model("a", 0.5, 0, 3, {900, 800, 700}, {}, 0), model("b", 0.5, 0, 1, {1}, {})}, 1.0);
  EXPECT_EQ(allowed.at("b"), 1);
  EXPECT_EQ(allowed.at("a"), 1);
}

TEST(Budget, OverTheBudgetTheLeastWorthGoes) {
  const auto allowed =
      share_budget({model("a", 0.5, 3, 3, {}, {5, 20}), model("b", 0.5, 3, 3, {}, {50, 60})}, 2.5);
  EXPECT_EQ(allowed.at("a"), 2);
  EXPECT_EQ(allowed.at("b"), 3);
}

TEST(Budget, AReplicaMakesPlaceForOneThatIsWorthMuchMore) {
  const auto allowed =
      share_budget({model("a", 0.5, 3, 3, {}, {5, 20}), model("b", 0.5, 1, 2, {400}, {500})}, 2.0);
  EXPECT_EQ(allowed.at("a"), 2);
  EXPECT_EQ(allowed.at("b"), 2);
}

TEST(Budget, ItIsHarderThanAMinimum) {
  const auto allowed = share_budget({model("a", 2.0, 0, 1, {9}, {})}, 1.0);
  EXPECT_EQ(allowed.at("a"), 0);
}

TEST(Budget, ItsTextNamesTheMoney) {
  const BudgetPart part{"demo", 2.5, 2.47, 3, 0.1};
  EXPECT_EQ(text_of(part), "budget of tenant demo: 2.50/h, 2.47 in use");
}

RC_GTEST_PROP(Budget, NoMoreThanTheMoneyAndTheWishIsAllowed, ()) {
  std::vector<BudgetModel> models;
  const int count = *rc::gen::inRange(0, 6);
  for (int i = 0; i < count; ++i) {
    const auto values = [] {
      return *rc::gen::container<std::vector<double>>(
          3, rc::gen::map(rc::gen::inRange(0, 1000), [](int v) { return v * 1.0; }));
    };
    models.push_back(model("m" + std::to_string(i), *rc::gen::inRange(1, 100) / 50.0,
                           *rc::gen::inRange(0, 8), *rc::gen::inRange(0, 8), values(), values(),
                           *rc::gen::inRange(0, 3)));
  }
  const double budget = *rc::gen::inRange(0, 1000) / 100.0;
  const auto allowed = share_budget(models, budget);
  double cost = 0;
  for (const auto& m : models) {
    RC_ASSERT(allowed.at(m.name) >= 0);
    RC_ASSERT(allowed.at(m.name) <= std::max(m.have, m.wish));
    cost += allowed.at(m.name) * m.price_per_hour;
  }
  RC_ASSERT(cost <= budget + 1e-6);
  RC_ASSERT(allowed == share_budget(models, budget));
}

}  // namespace
}  // namespace starling
