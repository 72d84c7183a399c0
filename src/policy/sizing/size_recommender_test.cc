// The documented rules, by their numbers.
#include "policy/sizing/size_recommender.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>

#include "base/units.h"
#include "policy/sizing/moments_for_tests.h"

namespace starling {
namespace {

constexpr Duration kHistory = 10min;

using testing_moments::at;

/// A second's samples of one replica, from `from` on.
void use(SizeRecommender& r, Duration from, int seconds, double cores, double mebibytes) {
  for (int s = 0; s < seconds; ++s)
    r.observe({at(from + std::chrono::seconds(s)), cores, mebibytes * kMiB});
}

TEST(SizeRecommender, TheFloorIsTheP95AndFifteenPercent) {
  SizeRecommender r(kHistory);
  use(r, 0s, 940, 0.05, 60);
  use(r, 940s, 60, 0.1, 100);  // 6 %
  const auto floor = r.floor(at(1000s));
  EXPECT_NEAR(static_cast<double>(floor.size.cpu_millis), 115, 115 * 0.05 + 3);
  EXPECT_GE(floor.size.cpu_millis, 115);
  EXPECT_NEAR(static_cast<double>(floor.size.memory_bytes / kMiB), 115, 115 * 0.05 + 3);
  EXPECT_GE(floor.size.memory_bytes, 115 * kMiB);
}

TEST(SizeRecommender, MemoryIsNeverBelowTheMostOfTheLastHour) {
  SizeRecommender r(kHistory);
  use(r, 0s, 1000, 0.05, 60);
  use(r, 1000s, 1, 0.9, 200);  // a thousandth of all samples
  use(r, 1001s, 1000, 0.05, 60);
  EXPECT_LT(r.floor(at(2000s)).size.cpu_millis, 70) << "CPU can wait";
  EXPECT_EQ(r.floor(at(2000s)).size.memory_bytes, 200 * kMiB);
  use(r, 3h, 100, 0.05, 60);
  EXPECT_LT(r.floor(at(3h)).size.memory_bytes, 80 * kMiB);
}

TEST(SizeRecommender, NothingIsTrustedBeforeThereIsHistory) {
  SizeRecommender r(kHistory);
  EXPECT_FALSE(r.floor(at(0s)).trusted);
  EXPECT_EQ(r.floor(at(0s)).size, (Resources{0, 0}));
  use(r, 0s, 600, 0.1, 100);
  EXPECT_FALSE(r.floor(at(600s)).trusted) << "599 s";
  use(r, 600s, 1, 0.1, 100);
  const auto first = r.floor(at(600s));
  EXPECT_TRUE(first.trusted);
  EXPECT_NEAR(static_cast<double>(first.lower_to.cpu_millis),
              2 * static_cast<double>(first.size.cpu_millis), 2);
  use(r, 601s, 10 * 3600, 0.1, 100);
  const auto later = r.floor(at(10h));
  EXPECT_LT(later.lower_to.cpu_millis, first.lower_to.cpu_millis * 0.55) << "trust has grown";

  SizeRecommender sparse(kHistory);
  for (int i = 0; i < 9; ++i) sparse.observe({at(i * 5min), 0.1, 1e8});
  EXPECT_FALSE(sparse.floor(at(1h)).trusted) << "nine samples are few, however long they took";
}

TEST(SizeRecommender, AnOutOfMemoryKillAsksForTwentyPercentOrAHundredMebibytesMore) {
  struct Case {
    std::int64_t limit_mib, needs_mib;
  };
  for (const auto& [limit, needs] :
       {Case{64, 164}, Case{256, 356}, Case{500, 600}, Case{1000, 1200}, Case{10'000, 12'000}}) {
    SizeRecommender r(kHistory);
    use(r, 0s, 700, 0.1, 40);
    r.out_of_memory(static_cast<double>(limit * kMiB), at(700s));
    const auto floor = r.floor(at(701s));
    EXPECT_EQ(floor.size.memory_bytes, needs * kMiB);
    EXPECT_EQ(floor.lower_to.memory_bytes, needs * kMiB);
    EXPECT_TRUE(floor.memory_killed);
    EXPECT_FALSE(r.floor(at(700s + 8 * 24h)).memory_killed) << "forgotten after eight days";
  }
}

TEST(SizeRecommender, AKillAtASmallerLimitTakesNothingBack) {
  SizeRecommender r(kHistory);
  r.out_of_memory(512.0 * kMiB, at(0s));
  r.out_of_memory(64.0 * kMiB, at(10s));
  EXPECT_EQ(r.floor(at(20s)).size.memory_bytes, 615 * kMiB);
}

TEST(SizeRecommender, WhoTakesOverARecordHasTheSameFloor) {
  SizeRecommender old(kHistory), next(kHistory);
  use(old, 0s, 900, 0.05, 60);
  use(old, 900s, 100, 0.2, 90);
  old.out_of_memory(500.0 * kMiB, at(950s));
  use(next, 1000s, 5, 0.01, 10);  // it has only begun
  next.take_over(old.record());
  const SizeFloor before = old.floor(at(1005s)), after = next.floor(at(1005s));
  EXPECT_EQ(after.size, before.size);
  EXPECT_TRUE(after.trusted);
  EXPECT_TRUE(after.memory_killed);
  SizeRecommender young(kHistory);
  use(young, 1000s, 5, 0.9, 900);
  next.take_over(young.record());
  EXPECT_EQ(next.floor(at(1005s)).cpu_p95, after.cpu_p95) << "which knows less";
}

TEST(SizeRecommender, ExtremesAreTakenAndWhatIsNoNumberIsRefused) {
  SizeRecommender r(kHistory);
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(r.observe({at(0s), kNan, 1}));
  EXPECT_FALSE(r.observe({at(0s), 1, kNan}));
  EXPECT_FALSE(r.observe({at(0s), -0.1, 1}));
  r.out_of_memory(kNan, at(0s));
  EXPECT_EQ(r.floor(at(0s)).size, (Resources{0, 0}));
  use(r, 0s, 700, 0, 0);
  EXPECT_EQ(r.floor(at(700s)).size, (Resources{0, 0})) << "idle";
  EXPECT_TRUE(r.observe({at(701s), 1e300, 1e300}));
  const auto floor = r.floor(at(701s));
  EXPECT_GT(floor.size.memory_bytes, 0) << "and finite";
}

RC_GTEST_PROP(SizeRecommender, TheFloorIsNeverBelowTheP95AndItsMargin, ()) {
  SizeRecommender r(kHistory);
  const int n = *rc::gen::inRange(1, 200);
  std::vector<double> cores;
  std::vector<double> bytes;
  for (int i = 0; i < n; ++i) {
    cores.push_back(*rc::gen::inRange(0, 8000) / 1000.0);
    bytes.push_back(*rc::gen::inRange(0, 4000) * 1e6);
    r.observe({at(0s), cores.back(), bytes.back()});
  }
  const auto p95 = [n](std::vector<double> v) {
    std::sort(v.begin(), v.end());
    return v[static_cast<std::size_t>(std::ceil(0.95 * n - 1e-9)) - 1];
  };
  const auto floor = r.floor(at(0s));
  const double cpu = 1150 * p95(cores);
  const double memory = 1.15 * p95(bytes);
  RC_ASSERT(static_cast<double>(floor.size.cpu_millis) >= cpu - 1e-6);
  RC_ASSERT(static_cast<double>(floor.size.cpu_millis) <= cpu * 1.05 + 3);
  RC_ASSERT(static_cast<double>(floor.size.memory_bytes) >= memory - 1e-3);
  RC_ASSERT(static_cast<double>(floor.size.memory_bytes) <=
            std::max(memory * 1.05, *std::max_element(bytes.begin(), bytes.end())) + 3 * kMiB);
  RC_ASSERT(floor.lower_to.cpu_millis >= floor.size.cpu_millis);
  RC_ASSERT(floor.lower_to.memory_bytes >= floor.size.memory_bytes);
}

}  // namespace
}  // namespace starling
