// The encoding: what it depends on, which bases it offers, and that no outcome
// leaks into a history.
#include "forecast/net/encoding.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "forecast/contract_checks.h"

namespace starling {
namespace {

constexpr int kEcho = 6;
constexpr int kSeasonMean = kShortBases + 1;
constexpr int kWeek = kShortBases + 2;

double base(const Encoded& encoded, int step, int which) {
  const int at = step * bases_of(encoded.regime) + which;
  const double scaled = encoded.bases[static_cast<std::size_t>(at)];
  return encoded.level + encoded.spread * scaled;
}

OwnedHistory made(int points, int season, double (*value)(int)) {
  std::vector<double> values;
  for (int i = 0; i < points; ++i) values.push_back(value(i));
  return OwnedHistory(std::move(values), season);
}

TEST(Encoding, NeedsEightKnownRecentPoints) {
  EXPECT_FALSE(encode(OwnedHistory(std::vector<double>(7, 1.0)).view()));
  EXPECT_TRUE(encode(OwnedHistory(std::vector<double>(8, 1.0)).view()));
  OwnedHistory outdated(std::vector<double>(200, 1.0));
  for (std::size_t i = 136; i < 200; ++i) outdated.present[i] = 0;
  EXPECT_FALSE(encode(outdated.view())) << "all that is known is older than the last 64 points";
}

TEST(Encoding, SilenceHasNoScaleUnlessTheLongPastHasOne) {
  OwnedHistory silent(std::vector<double>(300, 0.0));
  EXPECT_FALSE(encode(silent.view(), Regime::kShort));
  EXPECT_FALSE(encode(silent.view(), Regime::kLong));
  silent.values[20] = 5;
  EXPECT_FALSE(encode(silent.view(), Regime::kShort));
  EXPECT_TRUE(encode(silent.view(), Regime::kLong));
}

TEST(Encoding, LongHistoriesAreReadByTheLongRegime) {
  const OwnedHistory hour(std::vector<double>(60, 3.0)), days(std::vector<double>(2880, 3.0));
  EXPECT_EQ(encode(hour.view())->regime, Regime::kShort);
  EXPECT_EQ(encode(days.view())->regime, Regime::kLong);
  for (const Regime regime : kRegimes) {
    const auto encoded = encode(days.view(), regime);
    EXPECT_EQ(static_cast<int>(encoded->inputs.size()), inputs_of(regime));
    EXPECT_EQ(static_cast<int>(encoded->bases.size()), kNetHorizon * bases_of(regime));
  }
}

TEST(Encoding, TheEchoFindsAnUnusualPeriod) {
  const auto history = made(240, 0, [](int i) { return i % 17 < 4 ? 90.0 : 10.0; });
  const auto encoded = encode(history.view());
  for (int h = 0; h < kNetHorizon; ++h) {
    EXPECT_NEAR(base(*encoded, h, kEcho), (240 + h) % 17 < 4 ? 90 : 10, 1e-3) << "step " << h;
  }
}

TEST(Encoding, TheSeasonBaseAveragesEarlierSeasons) {
  const auto history = made(150, 50, [](int i) { return i % 50 + 3.0 * (i / 50); });
  const auto encoded = encode(history.view());
  for (int h = 0; h < kNetHorizon; ++h) EXPECT_NEAR(base(*encoded, h, kSeasonMean), h + 3, 1e-3);
}

TEST(Encoding, LastWeekIsReachedWhereHistoryDoes) {
  // Days of 24 steps; every seventh is unlike the others.
  const auto value = [](int i) { return i / 24 % 7 == 0 ? 500.0 + i % 24 : 100.0 + i % 24; };
  const auto week = made(7 * 24, 24, value);
  const auto encoded = encode(week.view());
  for (int h = 0; h < kNetHorizon; ++h) {
    EXPECT_NEAR(base(*encoded, h, kWeek), 500 + h, 1e-2);
  }
  const auto days = made(6 * 24, 24, value);
  EXPECT_NEAR(base(*encode(days.view()), 3, kWeek), encode(days.view())->level, 1e-2);
}

TEST(Encoding, OnlySeldomChangingCountsAreRounded) {
  EXPECT_TRUE(encode(made(60, 0, [](int i) { return i < 40 ? 7.0 : 8.0; }).view())->whole);
  EXPECT_FALSE(encode(made(60, 0, [](int i) { return i % 2 + 7.0; }).view())->whole);
  EXPECT_FALSE(encode(made(60, 0, [](int i) { return i < 40 ? 7.0 : 7.5; }).view())->whole);
}

TEST(Encoding, ATimersBurstsAreNotSteadyUpToTheLongestLag) {
  EXPECT_TRUE(encode(made(300, 0, [](int i) { return i < 250 ? 7.0 : 8.0; }).view())->steady);
  EXPECT_FALSE(encode(made(300, 0, [](int i) { return i % 30 < 4 ? 90.0 : 0.0; }).view())->steady);
  EXPECT_TRUE(encode(made(900, 0, [](int i) { return i % 240 < 4 ? 90.0 : 0.0; }).view())->steady)
      << "a period beyond the lags that are looked at";
}

TEST(Encoding, TheCalendarCountsFrom1990OnlyAsBeforeItIsTimeFromTheStart) {
  const auto history = made(60, 0, [](int i) { return 5.0 + i % 7; });
  HistoryView noon = history.view(), evening = history.view();
  noon.step = evening.step = 1min;
  evening.start += 8h;
  EXPECT_NE(encode(noon)->inputs, encode(evening)->inputs);
  noon.start = TimePoint{};
  evening.start = noon.start + 8h;
  EXPECT_EQ(encode(noon)->inputs, encode(evening)->inputs);
}

RC_GTEST_PROP(Encoding, TheUnitDoesNotMatter, ()) {
  OwnedHistory history({});
  Rng rng(*rc::gen::inRange<std::uint64_t>(0, 1000));
  for (int i = 0; i < 200; ++i) history.values.push_back(static_cast<double>(rng.poisson(20)));
  history.present.assign(history.values.size(), 1);
  OwnedHistory scaled = history;
  for (double& x : scaled.values) x *= 1024;
  for (const Regime regime : kRegimes) {
    const auto a = encode(history.view(), regime), b = encode(scaled.view(), regime);
    for (std::size_t i = 0; i < a->inputs.size(); ++i) {
      RC_ASSERT(std::abs(a->inputs[i] - b->inputs[i]) < 1e-4F);
    }
  }
}

}  // namespace
}  // namespace starling
