#include "sim/arrivals.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

namespace starling {
namespace {

std::vector<double> all_of(Arrivals law, const std::vector<double>& demand,
                           std::uint64_t seed = 1) {
  ArrivalStream stream(law, demand, 60s, Rng(seed));
  std::vector<double> arrivals;
  while (stream.next(arrivals)) {
  }
  return arrivals;
}

TEST(ArrivalStream, EvenIsEvenlySpaced) {
  EXPECT_EQ(all_of(Arrivals::kEven, {2, 0, 1}), (std::vector<double>{15, 45, 150}));
}

TEST(ArrivalStream, CountedStartsWithTheIntervalAndRunsOverItsEnd) {
  std::size_t over = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto arrivals = all_of(Arrivals::kCounted, {100, 0}, seed);
    EXPECT_EQ(arrivals.size(), 100u);
    EXPECT_EQ(arrivals.front(), 0.0);
    over += arrivals.back() > 60 ? 1 : 0;
  }
  EXPECT_GT(over, 10u);
  EXPECT_LT(over, 40u);
}

TEST(ArrivalStream, RecordedKeepsTheInstants) {
  EXPECT_EQ(all_of(Arrivals::kRecorded, {1, 0, 2}), (std::vector<double>{0, 120, 120}));
}

TEST(ArrivalStream, PoissonCountsHaveEqualMeanAndVariance) {
  const std::vector<double> demand(20'000, 9);
  std::vector<double> counts(demand.size(), 0);
  for (const double t : all_of(Arrivals::kPoisson, demand))
    ++counts[static_cast<std::size_t>(t / 60)];
  double sum = 0;
  double squares = 0;
  for (const double count : counts) {
    sum += count;
    squares += count * count;
  }
  const double mean = sum / static_cast<double>(counts.size());
  EXPECT_NEAR(mean, 9, 0.1);
  EXPECT_NEAR(squares / static_cast<double>(counts.size()) - mean * mean, 9, 0.3);
}

RC_GTEST_PROP(ArrivalStream, KeepsEveryRequestInOrder, (std::uint64_t seed)) {
  const auto tenths = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 60));
  std::vector<double> demand;
  double total = 0;
  for (const int tenth : tenths) total += demand.emplace_back(tenth / 10.0);
  for (const auto law : {Arrivals::kEven, Arrivals::kCounted, Arrivals::kRecorded}) {
    const auto arrivals = all_of(law, demand, seed);
    RC_ASSERT(std::is_sorted(arrivals.begin(), arrivals.end()));
    RC_ASSERT(std::abs(static_cast<double>(arrivals.size()) - total) <= 0.5 + 1e-6);
  }
}

TEST(Sampler, DrawsHaveTheMomentsOfTheirLaw) {
  using Law = Distribution::Law;
  const Distribution laws[] = {{Law::kConstant, 0.2, 0, 1, {}},
                               {Law::kExponential, 0.01, 0.1, 1, {}},
                               {Law::kGamma, 0, 0.05, 3, {}},
                               {Law::kLognormal, 0.0793, 0.0686, 0.4225, {}},
                               {Law::kEmpirical, 0, 0, 1, {0.1, 0.1, 0.4}}};
  for (const auto& law : laws) {
    const Sampler sampler(law);
    Rng rng(11);
    constexpr int kDraws = 1'000'000;
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < kDraws; ++i) {
      const double value = sampler(rng);
      sum += value;
      squares += value * value;
    }
    const double mean = sum / kDraws;
    EXPECT_NEAR(mean, law.mean_s(), 0.003 * law.mean_s());
    EXPECT_NEAR(squares / kDraws - mean * mean, law.variance(), 0.02 * law.variance() + 1e-9);
  }
}

}  // namespace
}  // namespace starling
