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

/// Mean, and variance / mean, of the counts in `bins` stretches of `width` seconds.
std::pair<double, double> dispersion(const std::vector<double>& arrivals, double width,
                                     std::size_t bins) {
  std::vector<double> counts(bins, 0);
  for (const double t : arrivals) ++counts[std::min(bins - 1, static_cast<std::size_t>(t / width))];
  double sum = 0;
  double squares = 0;
  for (const double count : counts) {
    sum += count;
    squares += count * count;
  }
  const double mean = sum / static_cast<double>(bins);
  return {mean, (squares / static_cast<double>(bins) - mean * mean) / mean};
}

TEST(ArrivalStream, PoissonCountsHaveEqualMeanAndVariance) {
  const std::vector<double> demand(20'000, 9);
  const auto [mean, index] = dispersion(all_of(Arrivals::kPoisson, demand), 60, demand.size());
  EXPECT_NEAR(mean, 9, 0.1);
  EXPECT_NEAR(index, 1, 0.033);
}

TEST(ArrivalStream, BurstyCountsAreDispersedByTheScvOfTheGaps) {
  for (const double scv : {1.0, 4.0, 16.0}) {
    ArrivalStream stream(Arrivals::kBursty, std::vector<double>(8'000, 300), 60s, Rng(2), scv);
    std::vector<double> arrivals;
    while (stream.next(arrivals)) {
    }
    EXPECT_TRUE(std::is_sorted(arrivals.begin(), arrivals.end()));
    const auto [mean, index] = dispersion(arrivals, 60, 8'000);
    EXPECT_NEAR(mean, 300, 300 * 0.005);
    EXPECT_NEAR(index, scv, 0.08 * scv);  // the limit; 300 requests a count are near it
    double gaps = 0;
    double squares = 0;
    for (std::size_t i = 1; i < arrivals.size(); ++i) {
      gaps += arrivals[i] - arrivals[i - 1];
      squares += (arrivals[i] - arrivals[i - 1]) * (arrivals[i] - arrivals[i - 1]);
    }
    const auto count = static_cast<double>(arrivals.size() - 1);
    EXPECT_NEAR(squares / count / (gaps / count * gaps / count) - 1, scv, 0.02 * scv);
  }
}

TEST(ArrivalStream, BurstyIsPoissonAtScv1InSmallCountsToo) {
  ArrivalStream stream(Arrivals::kBursty, std::vector<double>(2'000, 300), 60s, Rng(3), 1);
  std::vector<double> arrivals;
  while (stream.next(arrivals)) {
  }
  const auto [mean, index] = dispersion(arrivals, 0.2, 600'000);  // about one a count
  EXPECT_NEAR(mean, 1, 0.01);
  EXPECT_NEAR(index, 1, 0.01);
}

TEST(ArrivalStream, BurstyFollowsTheDemandAndIsSilentWithoutIt) {
  std::vector<double> sums(3, 0);
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    ArrivalStream stream(Arrivals::kBursty, {20, 0, 60}, 60s, Rng(seed), 4);
    std::vector<double> arrivals;
    while (stream.next(arrivals)) {
    }
    for (const double t : arrivals) ++sums[static_cast<std::size_t>(t / 60)];
  }
  EXPECT_NEAR(sums[0] / 4000, 20, 0.6);
  EXPECT_EQ(sums[1], 0);
  EXPECT_NEAR(sums[2] / 4000, 60, 1.2);
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

TEST(Distribution, QuantileAndCdfAreEachOthersInverse) {
  using Law = Distribution::Law;
  const Distribution laws[] = {{Law::kExponential, 0.01, 0.1, 1, {}},
                               {Law::kGamma, 0, 0.05, 3, {}},
                               {Law::kGamma, 0, 2, 0.1, {}},
                               {Law::kLognormal, 0.0793, 0.0686, 0.4225, {}}};
  for (const auto& law : laws) {
    for (const double level : {0.05, 0.5, 0.9, 0.99, 0.999})
      EXPECT_NEAR(law.cdf(law.quantile_s(level)), level, 1e-9);
    EXPECT_EQ(law.cdf(law.location_s), 0);
  }
  EXPECT_NEAR(laws[1].cdf(0.15), 1 - 8.5 * std::exp(-3), 1e-12) << "Gamma(3) is Erlang's";
  EXPECT_NEAR(laws[1].quantile_s(0.9), 0.05 * 5.322320, 1e-7) << "χ² of 6 degrees / 2";
  const Distribution empirical{Law::kEmpirical, 0, 0, 1, {3, 1, 2, 4}};
  EXPECT_EQ(empirical.quantile_s(0.5), 2);
  EXPECT_EQ(empirical.quantile_s(0.9), 4);
  EXPECT_EQ(empirical.cdf(2.5), 0.5);
  const Distribution constant{Law::kConstant, 2, 0, 1, {}};
  EXPECT_EQ(constant.quantile_s(0.9), 2);
  EXPECT_EQ(constant.cdf(1.99), 0);
  EXPECT_EQ(constant.cdf(2), 1);
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
