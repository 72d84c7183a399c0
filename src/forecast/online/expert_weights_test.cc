// The regret bound on whatever losses an adversary chooses, sleeping experts, and mixed quantiles.
#include "forecast/online/expert_weights.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <numeric>

#include "forecast/metrics.h"

namespace starling {
namespace {

struct Round {
  std::vector<double> losses;
  std::vector<std::uint8_t> spoke;
};

/// Losses from three kinds of adversary: arbitrary, all or nothing, and always against the expert
/// that is trusted most.
std::vector<Round> drawn_rounds(std::size_t experts, bool may_sleep) {
  std::vector<Round> rounds;
  const int count = *rc::gen::inRange(1, 120);
  const bool extreme = *rc::gen::arbitrary<bool>();
  for (int t = 0; t < count; ++t) {
    Round round;
    for (std::size_t i = 0; i < experts; ++i) {
      const int loss = *rc::gen::inRange(0, 101);
      round.losses.push_back(extreme ? (loss > 50 ? 1.0 : 0.0) : loss / 100.0);
      round.spoke.push_back(!may_sleep || *rc::gen::inRange(0, 3) > 0);
    }
    round.spoke[*rc::gen::inRange<std::size_t>(0, experts)] = 1;
    rounds.push_back(std::move(round));
  }
  return rounds;
}

void expect_within_bound(ExpertWeights weights, const std::vector<Round>& rounds) {
  const std::size_t experts = weights.size();
  std::vector<double> regret(experts, 0.0);
  std::vector<std::int64_t> spoken(experts, 0);
  for (const Round& round : rounds) {
    const auto shares = weights.shares(round.spoke);
    const double mixed =
        std::inner_product(shares.begin(), shares.end(), round.losses.begin(), 0.0);
    for (std::size_t i = 0; i < experts; ++i) {
      if (!round.spoke[i]) continue;
      regret[i] += mixed - round.losses[i];
      ++spoken[i];
    }
    weights.update(round.losses, round.spoke);
  }
  const auto count = static_cast<std::int64_t>(rounds.size());
  for (std::size_t i = 0; i < experts; ++i) {
    RC_ASSERT(regret[i] <= weights.regret_bound(i, count, spoken[i]) + 1e-9);
  }
}

RC_GTEST_PROP(ExpertWeights, NeverLosesMoreThanTheBoundBeyondTheBestExpert, ()) {
  const auto experts = *rc::gen::inRange<std::size_t>(1, 6);
  std::vector<double> prior;
  for (std::size_t i = 0; i < experts; ++i) prior.push_back(*rc::gen::inRange(1, 50));
  const ExpertWeightOptions options{.rate = *rc::gen::inRange(1, 80) / 10.0,
                                    .share = *rc::gen::inRange(0, 30) / 100.0};
  expect_within_bound(ExpertWeights(prior, options),
                      drawn_rounds(experts, *rc::gen::arbitrary<bool>()));
}

TEST(ExpertWeights, TheBoundHoldsAgainstLossesThatFollowTheWeights) {
  ExpertWeights weights({8, 1, 1}, {.rate = 2, .share = 0.05});
  const std::vector<std::uint8_t> all(3, 1);
  std::vector<double> regret(3, 0.0);
  constexpr int kRounds = 5000;
  for (int t = 0; t < kRounds; ++t) {
    const auto shares = weights.shares(all);
    std::vector<double> losses(3, 0.0);
    const auto most = std::max_element(shares.begin(), shares.end()) - shares.begin();
    losses[static_cast<std::size_t>(most)] = 1;
    for (std::size_t i = 0; i < 3; ++i) {
      regret[i] += shares[static_cast<std::size_t>(most)] - losses[i];
    }
    weights.update(losses, all);
  }
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_LE(regret[i], weights.regret_bound(i, kRounds, kRounds));
  }
}

TEST(ExpertWeights, TrustMovesWithinDozensOfRoundsWhenTheBestExpertChanges) {
  ExpertWeights weights({1, 1}, {.rate = 3, .share = 0.02});
  const std::vector<std::uint8_t> both(2, 1);
  for (int t = 0; t < 1000; ++t) weights.update(std::vector{0.2, 0.6}, both);
  EXPECT_GT(weights.shares(both)[0], 0.95);
  for (int t = 0; t < 20; ++t) weights.update(std::vector{0.6, 0.2}, both);
  EXPECT_GT(weights.shares(both)[1], 0.9);
  weights.restart();
  EXPECT_DOUBLE_EQ(weights.shares(both)[0], 0.5);
}

TEST(ExpertWeights, ASleeperIsNeitherBlamedNorPraised) {
  ExpertWeights weights({2, 1, 1}, {.rate = 3, .share = 0});
  const std::vector<std::uint8_t> without_first{0, 1, 1};
  for (int t = 0; t < 50; ++t) weights.update(std::vector{0.0, 0.1, 0.9}, without_first);
  EXPECT_DOUBLE_EQ(weights.shares(without_first)[0], 0);
  EXPECT_NEAR(weights.shares(std::vector<std::uint8_t>(3, 1))[0], 0.5, 1e-12);
  EXPECT_EQ(weights.shares(std::vector<std::uint8_t>(3, 0)), std::vector<double>(3, 0.0));
}

RC_GTEST_PROP(Vincentised, KeepsTheOrderOfQuantilesAndLosesNoMoreThanTheMean, ()) {
  const auto experts = *rc::gen::inRange<std::size_t>(1, 5);
  std::vector<Quantiles> spoken(experts);
  std::vector<const Quantiles*> views;
  std::vector<double> shares;
  for (Quantiles& quantiles : spoken) {
    double value = 0;
    for (double& q : quantiles) q = value += *rc::gen::inRange(0, 1000) / 7.0;
    views.push_back(&quantiles);
    shares.push_back(*rc::gen::inRange(1, 10));
  }
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (double& share : shares) share /= sum;
  const Quantiles mean = vincentised(views, shares);
  RC_ASSERT(std::is_sorted(mean.begin(), mean.end()));
  const double actual = *rc::gen::inRange(0, 2000);
  const auto loss = [&](const Quantiles& quantiles) {
    QuantileScore score;
    score.add(quantiles, actual);
    return score.mean_pinball();
  };
  double expected = 0;
  for (std::size_t i = 0; i < experts; ++i) expected += shares[i] * loss(spoken[i]);
  RC_ASSERT(loss(mean) <= expected * (1 + 1e-12) + 1e-9);
}

}  // namespace
}  // namespace starling
