// What a policy that begins anew is told of the past.
#include "control/past_demand.h"

#include <gtest/gtest.h>

#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;

TEST(PastDemand, EndsNowAndReachesBackAsFarAsIsAskedFor) {
  Demand demand;
  for (Duration t = 0s; t < 5h; t += 1s) demand.add(at(t), arrivals(t < 3h ? 2 : 4));
  const PastDemand past(demand, at(5h));
  // Beyond the last hour, which is kept by seconds, minutes are.
  const PastArrivals::Rates fine = past.rates(2s, 4h);
  EXPECT_EQ(fine.step, 2s);
  EXPECT_EQ(fine.known_from, 0U);
  EXPECT_NEAR(static_cast<double>(fine.per_s.size()), 4 * 1800, 30);
  EXPECT_EQ(fine.per_s.front(), 2);
  EXPECT_EQ(fine.per_s.back(), 4);
  EXPECT_EQ(fine.per_s[fine.per_s.size() - 3565], 4);
  EXPECT_EQ(fine.per_s[fine.per_s.size() - 3635], 2);
}

TEST(PastDemand, WhatIsNotKnownIsAsItWasAnHourBefore) {
  Demand demand;
  for (Duration t = 0s; t < 1h; t += 1s) demand.add(at(t), arrivals(t < 30min ? 1 : 9));
  for (Duration t = 80min; t < 90min; t += 1s) demand.add(at(t), arrivals(5));
  const PastDemand past(demand, at(100min));
  const std::vector<double> rates = past.rates(10s, 2h).per_s;
  const auto minutes_ago = [&](int minutes) {
    return rates[rates.size() - static_cast<std::size_t>(6 * minutes)];
  };
  EXPECT_EQ(minutes_ago(35), 1) << "unknown";
  EXPECT_EQ(minutes_ago(15), 5);
  EXPECT_EQ(minutes_ago(5), 9) << "unknown";
}

TEST(PastDemand, WhatIsKnownAtTheEndBeginsAfterTheLastGap) {
  Demand demand;
  for (Duration t = 0s; t < 30min; t += 1s) demand.add(at(t), arrivals(1));
  for (Duration t = 35min; t < 50min; t += 1s) {
    if (t < 40min || t >= 40min + 50s) demand.add(at(t), arrivals(5));
  }
  const PastArrivals::Rates rates = PastDemand(demand, at(50min)).rates(10s, 2h);
  EXPECT_NEAR(static_cast<double>(rates.per_s.size() - rates.known_from), 15 * 6, 1)
      << "50 seconds are no gap";
}

TEST(PastDemand, StepsMayBeLongerThanAnHour) {
  Demand demand;
  for (Duration t = 0s; t < 1h; t += 1s) demand.add(at(t), arrivals(3));
  for (Duration t = 9h; t < 10h; t += 1s) demand.add(at(t), arrivals(5));
  const std::vector<double> rates = PastDemand(demand, at(10h)).rates(2h, 24h).per_s;
  ASSERT_FALSE(rates.empty());
  for (const double rate : rates) EXPECT_TRUE(rate == 3 || rate == 5) << rate;
}

TEST(PastDemand, OfAModelThatNobodyHasSeenThereIsNone) {
  const Demand demand;
  EXPECT_TRUE(PastDemand(demand, at(1h)).rates(10s, 24h).per_s.empty());
}

}  // namespace
}  // namespace starling
