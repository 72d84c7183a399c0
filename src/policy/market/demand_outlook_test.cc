// What a surge is, and that what came of surges of like size tells what comes of the next.
#include "policy/market/demand_outlook.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "base/rng.h"

namespace starling {
namespace {

/// Decisions every ten seconds with a cold start of 35 s: a window 50 to 80 s ahead.
class Decisions {
 public:
  explicit Decisions(std::function<double(int)> rate, int first = 0,
                     const PastArrivals* past = nullptr)
      : rate_(std::move(rate)), past_(past), decided_(first) {}

  void run(int until) {
    for (; decided_ < until; ++decided_) {
      Observation observation;
      observation.past = past_;
      observation.now += decided_ * kInterval;
      observation.interval = kInterval;
      observation.cold_start = 35s;
      observation.arrival_rate = rate_(decided_);
      outlook_.observe(observation);
      surges_ += outlook_.surging();
    }
  }
  const DemandOutlook& outlook() const { return outlook_; }
  int surges() const { return surges_; }
  /// Requests a second that are expected in the window.
  double mean() const {
    const DemandOutlook::Rates rates = outlook_.rates();
    double mean = 0;
    for (std::size_t i = 0; i < rates.roots.size(); ++i) {
      mean += rates.shares[i] * rates.roots[i] * rates.roots[i];
    }
    return mean;
  }

 private:
  static constexpr Duration kInterval = 10s;

  std::function<double(int)> rate_;
  const PastArrivals* past_;
  DemandOutlook outlook_;
  int decided_;
  int surges_ = 0;
};

TEST(DemandOutlook, ChanceIsNoSurge) {
  Rng rng(1);
  Decisions steady([&](int) { return static_cast<double>(rng.poisson(200)) / 10; });
  steady.run(720);
  EXPECT_LT(steady.surges(), 720 / 20);
}

TEST(DemandOutlook, AJumpIsASurgeUntilReplicasAskedForAtItsBeginningAreReady) {
  Decisions jump([](int i) { return i < 300 ? 20.0 : 60.0; });
  jump.run(300);
  EXPECT_EQ(jump.surges(), 0);
  jump.run(301);
  EXPECT_TRUE(jump.outlook().surging());
  EXPECT_NEAR(jump.mean(), 60, 1) << "before others were seen it is held to stay";
  jump.run(330);
  EXPECT_FALSE(jump.outlook().surging());
  EXPECT_NEAR(jump.surges(), 5, 1) << "45 s from the decision to the first request served";
}

TEST(DemandOutlook, WhatCameOfSurgesOfLikeSizeIsHeldToComeOfThis) {
  // In turn, some 40 minutes apart: a jump to twice the level that is gone in half a minute, and
  // one to four times the level that doubles in half a minute and lasts for three.
  Rng rng(2);
  std::vector<double> rates;
  std::vector<int> small, large;
  for (int event = 0; event < 24; ++event) {
    const auto put = [&](double rate, int steps) {
      for (int i = 0; i < steps; ++i)
        rates.push_back(static_cast<double>(rng.poisson(10 * rate)) / 10);
    };
    put(20, 160 + static_cast<int>(rng.below(160)));
    (event % 2 == 0 ? small : large).push_back(static_cast<int>(rates.size()));
    put(event % 2 == 0 ? 40 : 80, 3);
    if (event % 2 == 1) put(160, 18);
  }
  Decisions decisions([&](int i) { return rates[static_cast<std::size_t>(i)]; });
  decisions.run(small.back() + 1);
  EXPECT_TRUE(decisions.outlook().surging());
  EXPECT_LT(decisions.mean(), 32) << "40 arrive";
  decisions.run(large.back() + 1);
  EXPECT_TRUE(decisions.outlook().surging());
  EXPECT_GT(decisions.mean(), 95) << "80 arrive";
}

TEST(DemandOutlook, WhatComesEachHourIsForeseenAndNoSurge) {
  // Five minutes of every hour at four times the level.
  constexpr int kHour = 360;
  Rng rng(3);
  Decisions decisions([&](int i) {
    const int at = i % kHour;
    return static_cast<double>(rng.poisson(at >= 100 && at < 130 ? 800 : 200)) / 10;
  });
  decisions.run(kHour);
  EXPECT_GT(decisions.surges(), 3) << "nobody could foresee the first";
  decisions.run(5 * kHour + 97);
  EXPECT_GT(decisions.mean(), 60) << "20 arrive, and 80 in the window, 50 to 80 s ahead";
  const int before = decisions.surges();
  decisions.run(5 * kHour + 110);
  EXPECT_EQ(decisions.surges(), before);
}

TEST(DemandOutlook, WhoBeginsAnewGoesOnFromWhatIsRecorded) {
  // Five minutes of every hour at four times the level, five hours of which are recorded.
  constexpr int kHour = 360;
  const auto rate = [](int i) { return i % kHour >= 100 && i % kHour < 130 ? 80.0 : 20.0; };
  class Record final : public PastArrivals {
   public:
    Rates rates(Duration, Duration) const override { return rates_; }
    Rates rates_{10s, {}};
  } record;
  for (int i = 0; i < 5 * kHour + 80; ++i) record.rates_.per_s.push_back(rate(i));
  Decisions anew(rate, 5 * kHour + 80, &record), nothing(rate, 5 * kHour + 80);
  anew.run(5 * kHour + 81);
  EXPECT_FALSE(anew.outlook().learned()) << "a part with each decision";
  anew.run(5 * kHour + 97);
  nothing.run(5 * kHour + 97);
  EXPECT_TRUE(anew.outlook().learned());
  EXPECT_GT(anew.mean(), 60) << "20 arrive, and 80 in the window, 50 to 80 s ahead";
  EXPECT_LT(nothing.mean(), 25);
}

TEST(DemandOutlook, ATimersSurgeIsOverWhenReplicasWouldBeReady) {
  // Half a minute of every ten at six times the level.
  Decisions decisions([](int i) { return i % 60 >= 57 ? 120.0 : 20.0; });
  decisions.run(20 * 60 - 2);
  EXPECT_TRUE(decisions.outlook().surging());
  EXPECT_LT(decisions.mean(), 60) << "120 arrive";
}

}  // namespace
}  // namespace starling
