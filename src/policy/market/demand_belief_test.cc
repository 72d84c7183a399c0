// What is believed of demand ahead: it learns levels, echoes and how far off it is.
#include "policy/market/demand_belief.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "base/rng.h"

namespace starling {
namespace {

struct Spread {
  double mean = 0;
  double low = 0;  // the 0.1 and the 0.9 quantile
  double high = 0;
};

Spread spread_of(const std::vector<DemandPoint>& points) {
  Spread spread;
  double below = 0;
  for (const auto& [count, share] : points) {
    spread.mean += share * count;
    if (below < 0.1) spread.low = count;
    if (below < 0.9) spread.high = count;
    below += share;
  }
  EXPECT_NEAR(below, 1, 1e-9);
  return spread;
}

/// The belief after so many steps of a demand, in a window of three steps, four ahead.
Spread after(int steps, const std::function<double(int)>& demand) {
  RecentCounts counts;
  WindowBelief belief({4, 7}, 10s);
  for (int i = 0; i < steps; ++i) {
    counts.add(demand(i));
    belief.observe(counts);
  }
  return spread_of(belief.distribution());
}

TEST(WindowBelief, NothingIsKnownAtFirstAndOneCountIsEnoughToBegin) {
  WindowBelief belief({0, 3}, 10s);
  EXPECT_TRUE(belief.distribution().empty());
  const Spread first = after(1, [](int) { return 100.0; });
  EXPECT_NEAR(first.mean, 100, 10);
  EXPECT_LT(first.low, 100);
  EXPECT_GT(first.high, 100);
}

TEST(WindowBelief, ASteadyPoissonDemandIsHeldToItsOwnNoise) {
  Rng rng(1);
  const Spread spread = after(700, [&](int) { return static_cast<double>(rng.poisson(225)); });
  EXPECT_NEAR(spread.mean, 225, 8);
  // Three counts' mean has a deviation of 8.7, and 80 % of a normal lie within 1.28 of them.
  EXPECT_NEAR(spread.high - spread.low, 2 * 1.28 * 8.7, 12);
}

TEST(WindowBelief, APeriodIsForetoldBeforeItsLevelMoves) {
  // Thirty steps low, thirty high, with a quarter of an hour to learn it again and again.
  const auto square = [](int i) { return i % 60 < 30 ? 100.0 : 400.0; };
  // 1,197 = 19 · 60 + 57: the window, steps 1,200 to 1,202, is low while the level is high.
  EXPECT_LT(after(1197, square).mean, 180);
  EXPECT_GT(after(1167, square).mean, 320) << "and the other way about";
}

TEST(WindowBelief, SilenceIsBelievedAndASpikeIsNot) {
  EXPECT_LT(after(400, [](int) { return 0.0; }).mean, 1.5);
  const Spread spike = after(400, [](int i) { return i == 399 ? 1e6 : 4.0; });
  EXPECT_TRUE(std::isfinite(spike.mean));
  EXPECT_LT(spike.low, 100);
}

TEST(WindowBelief, TheSameCountsGiveTheSameBelief) {
  const auto run = [] {
    Rng rng(9);
    return after(300, [&](int i) { return static_cast<double>(rng.poisson(40 + i % 37)); });
  };
  const Spread first = run(), second = run();
  EXPECT_EQ(first.mean, second.mean);
  EXPECT_EQ(first.high, second.high);
}

TEST(WindowBelief, ABurstThatIsOverIsNoReasonToKeepRoomForIt) {
  // Twelve minutes at four times the rate, over for as long; before and since it is steady.
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Rng rng(seed);
    const Spread believed = after(1144, [&](int i) {
      const double mean = i >= 1000 && i < 1072 ? 400 : 100;
      return mean + std::sqrt(mean) * (rng.uniform(0, 2) + rng.uniform(0, 2) - 2);
    });
    EXPECT_LT(believed.high, 150) << "a fifth of the last hour was above that, seed " << seed;
  }
}

/// Steps of ten seconds: three minutes of every hour, up to ten seconds early or late, at three
/// times a level that rises by a tenth an hour.
double hourly(Rng& rng, int step) {
  constexpr int kHour = 360, kBegin = 200;
  const int hour = step / kHour;
  const int late = hour % 3 - 1;
  const bool within = step % kHour >= kBegin + late && step % kHour < kBegin + 18;
  return static_cast<double>(rng.poisson((100 + 10 * hour) * (within ? 3 : 1)));
}

TEST(WindowBelief, WhatComesAtOneTimeOfEachHourIsForetoldThoughNothingOfLateTellsIt) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Rng rng(seed);
    const auto demand = [&](int step) { return hourly(rng, step); };
    // The window is four to six steps ahead, and 140 requests a step come in the fifth hour.
    EXPECT_GT(after(4 * 360 + 197, demand).high, 300) << "420 in the window, seed " << seed;
    EXPECT_LT(after(4 * 360 + 120, demand).high, 210) << "140 in the window, seed " << seed;
    EXPECT_LT(after(4 * 360 + 300, demand).high, 210) << "and when it is over, seed " << seed;
  }
}

TEST(WindowBelief, AForecastThatComesLateHasToShowFirstWhatItIsWorth) {
  RecentCounts counts;
  WindowBelief belief({4, 7}, 10s);
  const std::vector<double> wrong(20, std::sqrt(4000));
  for (int i = 0; i < 500; ++i) {
    counts.add(1000);
    belief.observe(counts, i < 495 ? std::vector<double>{} : wrong);
  }
  EXPECT_LT(spread_of(belief.distribution()).high, 1500);
}

}  // namespace
}  // namespace starling
