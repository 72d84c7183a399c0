#include "apps/lab/drive_schedule.h"

#include <gmock/gmock.h>

#include <cmath>

namespace starling::lab {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::Pointwise;

std::vector<double> times(const RatePlan& plan, Rng rng) {
  std::vector<double> all;
  for (PoissonSchedule schedule(plan, rng); std::isfinite(schedule.next()); schedule.advance())
    all.push_back(schedule.next());
  return all;
}

/// How many of the times lie in each interval of a length.
std::vector<double> counts(const std::vector<double>& times, double interval_s, std::size_t size) {
  std::vector<double> result(size, 0);
  for (const double t : times) ++result.at(static_cast<std::size_t>(t / interval_s));
  return result;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

double covariance(const std::vector<double>& a, const std::vector<double>& b) {
  const double mean_a = mean(a), mean_b = mean(b);
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - mean_a) * (b[i] - mean_b);
  return sum / static_cast<double>(a.size());
}

Series series(std::vector<double> values, std::vector<std::uint8_t> present) {
  Series s;
  s.workload = "w";
  s.step = 60s;
  s.values = std::move(values);
  s.present = std::move(present);
  return s;
}

constexpr double kSigmas = 5;

TEST(PoissonSchedule, SendsAtThePlannedRateInEveryIntervalWhateverTheSeed) {
  const RatePlan plan{100, {50, 0, 5, 200, 0.5}};
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const auto sent = counts(times(plan, Rng(seed)), plan.step_s, plan.rate_per_s.size());
    for (std::size_t i = 0; i < sent.size(); ++i) {
      const double expected = plan.rate_per_s[i] * plan.step_s;
      EXPECT_NEAR(sent[i], expected, kSigmas * std::sqrt(expected)) << "seed " << seed << ", " << i;
    }
  }
}

TEST(PoissonSchedule, IsPoisson) {
  const RatePlan plan{5000, {20}};
  const auto all = times(plan, Rng(7));
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  std::vector<double> gaps, seconds = counts(all, 1, 5000);
  for (std::size_t i = 1; i < all.size(); ++i) gaps.push_back(all[i] - all[i - 1]);
  // An exponential's standard deviation is its mean; a Poisson count's variance is its mean.
  EXPECT_NEAR(std::sqrt(covariance(gaps, gaps)) / mean(gaps), 1, 0.05);
  EXPECT_NEAR(covariance(seconds, seconds) / mean(seconds), 1, 0.15);
  // And the counts of neighbouring seconds have nothing to do with each other.
  const std::vector<double> before(seconds.begin(), seconds.end() - 1),
      after(seconds.begin() + 1, seconds.end());
  EXPECT_NEAR(covariance(before, after) / covariance(seconds, seconds), 0, 0.1);
}

TEST(PoissonSchedule, RepeatsWithItsSeedAndDiffersWithoutIt) {
  const RatePlan plan{1, {30, 30, 30}};
  EXPECT_EQ(times(plan, Rng(7)), times(plan, Rng(7)));
  EXPECT_NE(times(plan, Rng(7)), times(plan, Rng(8)));
}

TEST(PoissonSchedule, ModelsOfOneSeedAreIndependent) {
  const RatePlan plan{5000, {20}};
  const Rng root(7);
  const auto a = counts(times(plan, root.split(0)), 1, 5000);
  const auto b = counts(times(plan, root.split(1)), 1, 5000);
  EXPECT_NEAR(covariance(a, b) / std::sqrt(covariance(a, a) * covariance(b, b)), 0, 0.1);
}

TEST(PoissonSchedule, EndsWithThePlan) {
  EXPECT_THAT(times({1, {0, 0}}, Rng(1)), testing::IsEmpty());
  EXPECT_THAT(times({1, {}}, Rng(1)), testing::IsEmpty());
  const auto all = times({0.5, {100, 100}}, Rng(1));
  ASSERT_FALSE(all.empty());
  EXPECT_LT(all.back(), 1);
}

TEST(PlanRates, SpeedShortensTheStepAndKeepsTheRate) {
  const auto trace = series({300, 600}, {1, 1});
  const auto real = plan_rates(trace, 1, 1), fast = plan_rates(trace, 60, 1),
             heavy = plan_rates(trace, 1, 2);
  EXPECT_DOUBLE_EQ(real.step_s, 60);
  EXPECT_DOUBLE_EQ(fast.step_s, 1);
  EXPECT_DOUBLE_EQ(heavy.step_s, 60);
  EXPECT_THAT(real.rate_per_s, ElementsAre(5, 10));
  EXPECT_THAT(fast.rate_per_s, ElementsAre(5, 10));
  EXPECT_THAT(heavy.rate_per_s, ElementsAre(10, 20));
}

TEST(PlanRates, AMissingPointIsNotZero) {
  // What a missing point's value holds means nothing.
  const auto gaps = plan_rates(series({-1, 60, 999, 999, 120, 0}, {0, 1, 0, 0, 1, 1}), 1, 1);
  EXPECT_THAT(gaps.rate_per_s, Pointwise(DoubleNear(1e-12), {1.0, 1.0, 1.0, 1.0, 2.0, 0.0}));
  EXPECT_THAT(plan_rates(series({9, 9}, {0, 0}), 1, 1).rate_per_s, ElementsAre(0, 0));
  EXPECT_THAT(plan_rates(series({-60, 60}, {1, 1}), 1, 1).rate_per_s, ElementsAre(0, 1));
}

}  // namespace
}  // namespace starling::lab
