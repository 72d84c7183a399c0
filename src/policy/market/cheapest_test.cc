// The cheapest number of replicas: against looking at every one, and in its extremes.
#include "policy/market/cheapest.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

namespace starling {
namespace {

const ServiceTime kService{0.1, 0.5, 0};

struct Demand {
  std::vector<double> roots;
  std::vector<double> shares;
};

Demand spread(double low, double high, int points) {
  Demand demand;
  for (int i = 0; i < points; ++i) {
    demand.roots.push_back(std::sqrt(low + (high - low) * i / std::max(1, points - 1)));
    demand.shares.push_back(1.0 / points);
  }
  return demand;
}

int cheapest(const Demand& demand, double price, int most = 1000) {
  const MissCurve curve(kService, 1, 50, 0.5);
  return cheapest_replicas(curve, demand.roots, demand.shares, {&price, 1}, most).front();
}

TEST(Cheapest, AKnownDemandGetsWhatServesItAndLittleMore) {
  const int replicas = cheapest(spread(100, 100, 1), 0.3);
  EXPECT_GE(replicas, 11) << "ten would be busy all the time";
  EXPECT_LE(replicas, 15);
}

TEST(Cheapest, ARareBurstIsServedOnlyWhereReplicasAreCheap) {
  Demand demand{{std::sqrt(20.0), std::sqrt(200.0)}, {0.98, 0.02}};
  // In a burst each of twenty replicas serves ten requests a second: 0.2 in the mean.
  EXPECT_GE(cheapest(demand, 0.1), 20);
  EXPECT_LE(cheapest(demand, 0.4), 6);
}

TEST(Cheapest, FallsWithThePriceAndKeepsTheLimit) {
  const Demand demand = spread(10, 300, 30);
  int before = 1000;
  for (const double price : {0.01, 0.1, 0.5, 2.0, 9.0}) {
    const int replicas = cheapest(demand, price);
    EXPECT_LE(replicas, before) << price;
    before = replicas;
  }
  EXPECT_EQ(cheapest(demand, 0.01, 7), 7);
  EXPECT_EQ(cheapest({}, 1), 1);
  EXPECT_EQ(cheapest(spread(0, 0, 1), 1), 1);
}

RC_GTEST_PROP(Cheapest, IsNearlyAsGoodAsLookingAtEveryNumber, ()) {
  const double low = *rc::gen::inRange(0, 400);
  const Demand demand = spread(low, low + *rc::gen::inRange(0, 800), *rc::gen::inRange(1, 30));
  const double price = *rc::gen::inRange(1, 500) / 100.0;
  const MissCurve curve(kService, 1, 50, 0.5);
  const auto cost = [&](int c) { return price * c + curve.missed(demand.roots, demand.shares, c); };
  double least = cost(1);
  for (int c = 2; c <= 200; ++c) least = std::min(least, cost(c));
  RC_ASSERT(cost(cheapest(demand, price)) <= 1.05 * least + 1e-9);
}

TEST(Allowed, IsTheFirstNumberWithNoMoreMissedThanIsAllowed) {
  const Demand demand = spread(40, 40, 1);
  const MissCurve curve(kService, 1, 50, 0.5);
  const int found = allowed_replicas(curve, demand.roots, demand.shares, {0.01, 0.9, 0}, 1, 1000);
  EXPECT_LE(curve.missed(demand.roots, demand.shares, found), 0.01 * 40);
  EXPECT_GT(curve.missed(demand.roots, demand.shares, found - 1), 0.01 * 40);
  EXPECT_EQ(allowed_replicas(curve, demand.roots, demand.shares, {0.01, 0.9, 0}, 30, 1000), 30)
      << "what is enough stays";
  EXPECT_EQ(allowed_replicas(curve, demand.roots, demand.shares, {0.01, 0.9, 0}, 1, 3), 3);
}

TEST(Allowed, ASurgeBeyondTheLevelIsLeftOut) {
  Demand demand = spread(10, 10, 1);
  demand.shares = {0.95};
  const MissCurve curve(kService, 1, 50, 0.5);
  const Allowance allowance{0.01, 0.9, 0};
  const int ordinary = allowed_replicas(curve, demand.roots, demand.shares, allowance, 1, 1000);
  demand.roots.push_back(std::sqrt(1000));
  demand.shares.push_back(0.05);
  EXPECT_EQ(allowed_replicas(curve, demand.roots, demand.shares, allowance, 1, 1000), ordinary);
  demand.shares = {0.85, 0.15};
  EXPECT_GT(allowed_replicas(curve, demand.roots, demand.shares, allowance, 1, 1000), 3 * ordinary);
}

TEST(Allowed, StopsWhereOneMoreSavesTooLittle) {
  // A hundredth of the requests take longer than the SLO by themselves.
  const MissCurve curve({0.3, 1, 0}, 1, 50, 0.5);
  const Demand demand = spread(2, 2, 1);
  const int found =
      allowed_replicas(curve, demand.roots, demand.shares, {0.01, 0.9, 0.02}, 1, 1000);
  EXPECT_LT(found, 10);
  EXPECT_LT(curve.missed(demand.roots, demand.shares, found) -
                curve.missed(demand.roots, demand.shares, found + 1),
            0.02);
}

}  // namespace
}  // namespace starling
