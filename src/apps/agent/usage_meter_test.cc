// Use between two readings of the processes' counters.
#include "apps/agent/usage_meter.h"

#include <gtest/gtest.h>

namespace starling::agent {
namespace {

constexpr TimePoint kStart{std::chrono::seconds(1'700'000'000)};

TEST(UsageMeter, CoresAreWhatWasAddedSinceTheLastReading) {
  UsageMeter meter;
  EXPECT_TRUE(meter.due(kStart));
  EXPECT_TRUE(meter.read({{"a", 10}}, {}, kStart).empty()) << "nothing to compare with";
  EXPECT_FALSE(meter.due(kStart + 900ms));
  EXPECT_TRUE(meter.due(kStart + 1s));
  const auto usage = meter.read({{"a", 11}, {"b", 5}}, {{"a", 1 << 20}}, kStart + 2s);
  ASSERT_EQ(usage.size(), 1u) << "b has just come";
  EXPECT_DOUBLE_EQ(usage.at("a").cpu_cores, 0.5);
  EXPECT_EQ(usage.at("a").memory_bytes, 1 << 20);
}

TEST(UsageMeter, ACounterThatFellIsNoUse) {
  UsageMeter meter;
  (void)meter.read({{"a", 10}}, {}, kStart);
  EXPECT_EQ(meter.read({{"a", 1}}, {}, kStart + 1s).at("a").cpu_cores, 0);
}

}  // namespace
}  // namespace starling::agent
