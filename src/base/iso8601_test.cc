#include "base/iso8601.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace starling {
namespace {

TEST(Iso8601, ReadsTheUsualForms) {
  const TimePoint noon{std::chrono::sys_days(std::chrono::January / 31 / 2026) + 12h};
  EXPECT_EQ(parse_iso8601("2026-01-31"), noon - 12h);
  EXPECT_EQ(parse_iso8601("2026-01-31T12"), noon);
  EXPECT_EQ(parse_iso8601("2026-01-31 12:00"), noon);
  EXPECT_EQ(parse_iso8601("2026-01-31T12:00:05.25Z"), noon + 5250ms);
}

TEST(Iso8601, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "2026", "2026-1-1", "2026-02-30", "2026-01-31T", "2026-01-31T24:00", "2026-01-31T12:60",
        "2026-01-31T12:00:00.", "2026-01-31T12:00:00.1234567", "2026-01-31T12:00+01:00",
        "0000-01-01", "9999-12-31", "-026-01-31", "2026-01-31Zebra"}) {
    EXPECT_FALSE(parse_iso8601(text)) << text;
  }
}

RC_GTEST_PROP(Iso8601, ReadsWhatItWrites, ()) {
  const TimePoint time{Duration(*rc::gen::inRange<std::int64_t>(0, 7'000'000'000'000'000))};
  RC_ASSERT(parse_iso8601(iso8601(time)) == time);
}

}  // namespace
}  // namespace starling
