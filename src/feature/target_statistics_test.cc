// Target statistics: the published formula by hand, and that no target is seen before it is known.
#include "feature/target_statistics.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

namespace starling {
namespace {

struct Rows {
  std::vector<std::size_t> categories;
  std::vector<double> targets;
  std::vector<TimePoint> made_at, known_at;

  void add(std::size_t category, double target, Duration made, Duration known) {
    categories.push_back(category);
    targets.push_back(target);
    made_at.push_back(TimePoint{made});
    known_at.push_back(TimePoint{known});
  }
  std::vector<double> statistics(double prior_weight) const {
    return ordered_target_statistics({categories, targets, made_at, known_at}, prior_weight);
  }
};

TEST(TargetStatistics, FollowTheFormula) {
  Rows rows;
  rows.add(0, 10, 0s, 1s);
  rows.add(1, 40, 1s, 2s);
  rows.add(0, 20, 2s, 3s);
  rows.add(0, 7, 3s, 4s);
  const auto statistics = rows.statistics(2);
  EXPECT_EQ(statistics[0], 0);                                     // nothing is known
  EXPECT_DOUBLE_EQ(statistics[1], 10);                             // the mean of all
  EXPECT_DOUBLE_EQ(statistics[2], (10 + 2 * 25.0) / 3);            // one of its own, 10
  EXPECT_DOUBLE_EQ(statistics[3], (30 + 2 * 70.0 / 3) / (2 + 2));  // two of its own
}

TEST(TargetStatistics, ATargetCountsOnceItIsKnownAndNoSooner) {
  Rows rows;
  rows.add(0, 10, 0s, 5s);
  rows.add(0, 20, 4s, 9s);
  rows.add(0, 30, 5s, 10s);
  EXPECT_EQ(rows.statistics(1), (std::vector<double>{0, 0, 10}));
}

TEST(TargetStatistics, ATargetThatNeverCameIsNotZero) {
  Rows rows;
  rows.add(0, std::numeric_limits<double>::quiet_NaN(), 0s, 1s);
  rows.add(0, 8, 1s, 2s);
  rows.add(0, 8, 2s, 3s);
  EXPECT_EQ(rows.statistics(1), (std::vector<double>{0, 0, 8}));
}

RC_GTEST_PROP(TargetStatistics, TheFutureChangesNothing, ()) {
  Rows rows;
  const int count = *rc::gen::inRange(1, 40);
  for (int i = 0; i < count; ++i) {
    const auto made = std::chrono::seconds(*rc::gen::inRange(0, 50));
    rows.add(*rc::gen::inRange<std::size_t>(0, 4), *rc::gen::inRange(0, 100), made,
             made + std::chrono::seconds(*rc::gen::inRange(1, 20)));
  }
  const TimePoint now{std::chrono::seconds(*rc::gen::inRange(0, 60))};
  Rows changed = rows;
  for (std::size_t i = 0; i < rows.targets.size(); ++i) {
    if (rows.known_at[i] > now) changed.targets[i] += 1000;
  }
  const auto before = rows.statistics(1.5);
  const auto after = changed.statistics(1.5);
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (rows.made_at[i] <= now) RC_ASSERT(before[i] == after[i]);
  }
}

}  // namespace
}  // namespace starling
