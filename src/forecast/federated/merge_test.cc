// What a node makes of its peers' weights, and how far liars can pull it.
#include "forecast/federated/merge.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "forecast/federated/values_for_tests.h"

namespace starling::federated {
namespace {

std::vector<PeerWeights> peers_of(const std::vector<std::vector<float>>& all) {
  std::vector<PeerWeights> peers;
  for (const auto& values : all) peers.push_back({.node = "peer", .values = values});
  return peers;
}

RC_GTEST_PROP(Merge, WeightsThatAllAgreeOnComeBack, ()) {
  const auto own = *some_weights();
  auto peers = peers_of(std::vector(*rc::gen::inRange<std::size_t>(0, 13), own));
  for (PeerWeights& peer : peers) {
    peer.amount = *rc::gen::inRange(0, 1'000'000);
    peer.age = *rc::gen::inRange(0, 50);
  }
  const Merged merged = merge(own, 7, peers);
  RC_ASSERT(merged.values == own);
  RC_ASSERT(merged.clipped == 0U);
}

RC_GTEST_PROP(Merge, AsManyLiarsAsAreTrimmedCannotLeadOutOfTheHonestRange, ()) {
  const std::size_t count = *rc::gen::inRange<std::size_t>(1, 20);
  const auto own = *some_weights_of(count);
  const auto honest = *rc::gen::container<std::vector<std::vector<float>>>(
      *rc::gen::inRange<std::size_t>(2, 9), some_weights_of(count));
  std::vector<float> least = own, greatest = own;
  for (const auto& values : honest) {
    for (std::size_t i = 0; i < count; ++i) {
      least[i] = std::min(least[i], values[i]);
      greatest[i] = std::max(greatest[i], values[i]);
    }
  }
  auto peers = peers_of(honest);
  const double lie = *rc::gen::element(-3e38, -1e6, -5.0, 5.0, 1e6, 3e38);
  std::size_t liars = 0;
  while (liars + 1 <= trimmed_count(peers.size() + 2, 0.25)) {
    peers.push_back({.node = "liar",
                     .values = std::vector<float>(count, static_cast<float>(lie)),
                     .amount = 1e12});
    ++liars;
  }
  RC_ASSERT(liars >= 1U);
  const Merged merged = merge(own, 1, peers);
  for (std::size_t i = 0; i < count; ++i) {
    const float slack = 1e-6F * (1 + std::abs(least[i]) + std::abs(greatest[i]));
    RC_ASSERT(merged.values[i] >= least[i] - slack);
    RC_ASSERT(merged.values[i] <= greatest[i] + slack);
  }
}

TEST(Merge, WithoutPeersOwnWeightsStay) {
  const std::vector<float> own{1, 2, 3};
  EXPECT_EQ(merge(own, 5, {}).values, own);
}

TEST(Merge, OneStrangerFarAwayIsMetHalfWayOnly) {
  const std::vector<float> own{0};
  EXPECT_NEAR(merge(own, 1, peers_of({{1.0F}})).values[0], 0.5, 1e-6);
  // Within 1.5 median distances, 1.5 · 1, and then trimmed as one of five.
  const Merged merged = merge(own, 1, peers_of({{1.0F}, {-1.0F}, {1.0F}, {1000.0F}}));
  EXPECT_EQ(merged.clipped, 1U);
  EXPECT_EQ(merged.trimmed, 1U);
  EXPECT_NEAR(merged.values[0], 2.0 / 3, 1e-6);
}

TEST(Merge, MoreAndNewerDataHasMoreSayWithinBounds) {
  const std::vector<float> own{0};
  auto peers = peers_of({{1.0F}});
  peers[0].amount = 3;
  EXPECT_NEAR(merge(own, 1, peers).values[0], 0.75, 1e-6);
  peers[0].age = 4;  // one half-life
  EXPECT_NEAR(merge(own, 1, peers).values[0], 0.6, 1e-6);
  peers[0].age = 0;
  auto boastful = peers_of({{0.0F}, {1.0F}});
  boastful[1].amount = 1e12;
  const MergeOptions untrimmed{.trim = 0};
  EXPECT_NEAR(merge(own, 1, boastful, untrimmed).values[0], 3.0 / 5, 1e-6)
      << "three medians at most";
}

TEST(Merge, SomethingIsTrimmedFromThreeOnAndSomethingStays) {
  EXPECT_EQ(trimmed_count(2, 0.25), 0U);
  EXPECT_EQ(trimmed_count(3, 0.25), 1U);
  EXPECT_EQ(trimmed_count(8, 0.25), 2U);
  EXPECT_EQ(trimmed_count(13, 0.25), 3U);
  EXPECT_EQ(trimmed_count(4, 0.5), 1U);
  EXPECT_EQ(trimmed_count(9, 0), 0U);
}

}  // namespace
}  // namespace starling::federated
