// The encoding: what it depends on, which bases it offers, and that no outcome leaks into a
// history.
#include "forecast/net/encoding.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "forecast/contract_checks.h"

namespace starling {
namespace {

double base(const Encoded& encoded, int step, int which) {
  const float scaled = encoded.bases[static_cast<std::size_t>(step * kBases + which)];
  return encoded.level + encoded.spread * static_cast<double>(scaled);
}

TEST(Encoding, NeedsEightKnownRecentPoints) {
  EXPECT_FALSE(encode(OwnedHistory(std::vector<double>(7, 1.0)).view()));
  EXPECT_TRUE(encode(OwnedHistory(std::vector<double>(8, 1.0)).view()));
  OwnedHistory outdated(std::vector<double>(200, 1.0));
  for (std::size_t i = 136; i < 200; ++i) outdated.present[i] = 0;
  EXPECT_FALSE(encode(outdated.view())) << "all that is known is older than the last 64 points";
}

TEST(Encoding, SilenceHasNoScale) {
  OwnedHistory silent(std::vector<double>(100, 0.0));
  EXPECT_FALSE(encode(silent.view()));
  silent.values[99] = 1;
  EXPECT_TRUE(encode(silent.view()));
}

TEST(Encoding, TheEchoFindsAnUnusualPeriod) {
  OwnedHistory history({});
  for (int i = 0; i < 240; ++i) history.values.push_back(i % 17 < 4 ? 90 : 10);
  history.present.assign(history.values.size(), 1);
  const auto encoded = encode(history.view());
  for (int h = 0; h < kNetHorizon; ++h) {
    EXPECT_NEAR(base(*encoded, h, 5), (240 + h) % 17 < 4 ? 90 : 10, 1e-3) << "step " << h;
  }
}

TEST(Encoding, TheSeasonBaseAveragesEarlierSeasons) {
  OwnedHistory history({}, 50);
  for (int i = 0; i < 150; ++i) history.values.push_back(i % 50 + 3 * (i / 50));
  history.present.assign(history.values.size(), 1);
  const auto encoded = encode(history.view());
  for (int h = 0; h < kNetHorizon; ++h) EXPECT_NEAR(base(*encoded, h, 6), h + 3, 1e-3);
}

TEST(Encoding, ExamplesHoldWhatFollowedTheirOrigin) {
  OwnedHistory history({});
  for (int i = 0; i < 100; ++i) history.values.push_back(i);
  history.present.assign(history.values.size(), 1);
  history.present[95] = 0;
  const auto examples = examples_of(history.view(), 10, 3);
  ASSERT_EQ(examples.size(), 3U);
  for (int k = 0; k < 3; ++k) {
    const Example& example = examples[static_cast<std::size_t>(k)];
    for (std::size_t h = 0; h < kNetHorizon; ++h) {
      const double at = 68 + 10 * k + static_cast<double>(h);
      EXPECT_EQ(example.known[h], at == 95 ? 0 : 1);
      if (at == 95) continue;
      EXPECT_NEAR(example.history.level + example.history.spread * example.outcome[h], at, 1e-3);
    }
  }
}

RC_GTEST_PROP(Encoding, TheFutureDoesNotReachTheHistory, ()) {
  OwnedHistory history({});
  Rng rng(*rc::gen::inRange<std::uint64_t>(0, 1000));
  for (int i = 0; i < 120; ++i) history.values.push_back(static_cast<double>(rng.poisson(20)));
  history.present.assign(history.values.size(), 1);
  const auto before = examples_of(history.view(), 12, 1).front();
  for (std::size_t i = 108; i < 120; ++i) history.values[i] *= 3;
  const auto after = examples_of(history.view(), 12, 1).front();
  RC_ASSERT(before.history.inputs == after.history.inputs);
  RC_ASSERT(before.history.bases == after.history.bases);
}

}  // namespace
}  // namespace starling
