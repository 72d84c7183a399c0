#include "base/units.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace starling {
namespace {

TEST(Units, DurationsReadAsWritten) {
  EXPECT_EQ(*parse_duration("150ms"), 150ms);
  EXPECT_EQ(*parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(*parse_duration("2m"), 2min);
  EXPECT_EQ(*parse_duration("1d"), 24h);
  EXPECT_EQ(*parse_duration("0s"), 0s);
}

TEST(Units, WhatIsNotADurationIsRefused) {
  for (const char* text :
       {"", "150", "-1s", "1 s", "ms", "nan", "1e400s", "0x10s1", "99999999999d"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

RC_GTEST_PROP(Units, FormattedDurationsReadBack, ()) {
  const Duration d(*rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000));
  RC_ASSERT(*parse_duration(format_duration(d)) == d);
}

TEST(Units, ADurationOfSixteenDigitsKeepsThemAll) {
  const Duration d(1'495'333'333'333'333);
  EXPECT_EQ(*parse_duration(format_duration(d)), d) << format_duration(d);
}

TEST(Units, CpuAndMemory) {
  EXPECT_EQ(*parse_cpu_millis("250m"), 250);
  EXPECT_EQ(*parse_cpu_millis("0.5"), 500);
  EXPECT_EQ(*parse_memory_bytes("256Mi"), 256LL << 20);
  EXPECT_EQ(*parse_memory_bytes("500M"), 500'000'000);
  EXPECT_FALSE(parse_cpu_millis("250k"));
  EXPECT_FALSE(parse_memory_bytes("1GiB"));
  EXPECT_EQ(format_cpu(1500), "1500m");
  EXPECT_EQ(format_memory(256LL << 20), "256Mi");
}

}  // namespace
}  // namespace starling
