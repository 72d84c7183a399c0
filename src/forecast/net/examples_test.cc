// Examples: the outcomes that belong to an origin, and that none of them leaks into its history.
#include "forecast/net/examples.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "forecast/contract_checks.h"

namespace starling {
namespace {

TEST(Examples, ExamplesHoldWhatFollowedTheirOrigin) {
  OwnedHistory history({});
  for (int i = 0; i < 100; ++i) history.values.push_back(i);
  history.present.assign(history.values.size(), 1);
  history.present[95] = 0;
  const auto examples = examples_of(history.view(), Regime::kShort, 10, 3);
  ASSERT_EQ(examples.size(), 3U);
  for (int k = 0; k < 3; ++k) {
    const Example& example = examples[static_cast<std::size_t>(k)];
    for (std::size_t h = 0; h < kNetHorizon; ++h) {
      const double at = 65 + 10 * k + static_cast<double>(h);
      EXPECT_EQ(example.known[h], at == 95 ? 0 : 1);
      if (at == 95) continue;
      EXPECT_NEAR(example.history.level + example.history.spread * example.outcome[h], at, 1e-3);
    }
  }
}

RC_GTEST_PROP(Examples, TheFutureDoesNotReachTheHistory, ()) {
  OwnedHistory history({});
  Rng rng(*rc::gen::inRange<std::uint64_t>(0, 1000));
  for (int i = 0; i < 150; ++i) history.values.push_back(static_cast<double>(rng.poisson(20)));
  history.present.assign(history.values.size(), 1);
  const Regime regime = *rc::gen::element(Regime::kShort, Regime::kLong);
  const auto before = examples_of(history.view(), regime, 12, 1).front();
  for (std::size_t i = 135; i < 150; ++i) history.values[i] *= 3;
  const auto after = examples_of(history.view(), regime, 12, 1).front();
  RC_ASSERT(before.history.inputs == after.history.inputs);
  RC_ASSERT(before.history.bases == after.history.bases);
}

}  // namespace
}  // namespace starling
