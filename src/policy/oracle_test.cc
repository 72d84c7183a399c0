// The oracle starts ahead, fills short valleys and gives up what is not needed for long.
#include "policy/oracle.h"

#include <gtest/gtest.h>

#include "policy/queueing.h"

namespace starling {
namespace {

const Objective kObjective{.slo_latency = 500ms, .min = 1, .max = 100};

/// Asked every ten seconds, with a cold start of 35 s; what it wants at each.
std::vector<int> wishes(const std::vector<double>& rates, int decisions) {
  OraclePolicy oracle(rates, 60s);
  std::vector<int> all;
  Observation seen;
  seen.cold_start = 35s;
  seen.interval = 10s;
  seen.release = 60s;
  seen.service = {0.1, 1, 0};
  for (int k = 0; k < decisions; ++k) {
    seen.now = TimePoint{} + k * 10s;
    all.push_back(oracle.decide(seen, kObjective).replicas);
  }
  return all;
}

int sized(double rate) { return size_for(rate, {0.1, 1, 0}, 1, kObjective).replicas; }

TEST(Oracle, StartsAColdStartBeforeTheDemandComes) {
  const auto wish = wishes({5, 5, 80, 80, 80}, 13);
  EXPECT_EQ(wish[0], sized(5));
  EXPECT_EQ(wish[7], sized(5)) << "70 s: the next decision at 80 s would be ready at 115 s";
  EXPECT_EQ(wish[8], sized(80)) << "80 s: 120 s is within a cold start and an interval";
}

TEST(Oracle, FillsAValleyThatASwitchWouldNotPayFor) {
  // 35 s + 60 s are one whole step of a minute.
  EXPECT_EQ(wishes({80, 5, 80, 80}, 9)[7], sized(80));
  EXPECT_EQ(wishes({80, 5, 5, 5, 80}, 9)[7], sized(5));
}

TEST(Oracle, ATraceThatIsOverOrEmptyIsNoMatter) {
  EXPECT_EQ(wishes({80}, 100).back(), sized(80));
  EXPECT_EQ(wishes({}, 3).back(), 1);
}

}  // namespace
}  // namespace starling
