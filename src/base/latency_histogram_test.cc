#include "base/latency_histogram.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

namespace starling {
namespace {

std::vector<double> some_latencies() {
  const auto micros =
      *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 2'000'000'000)));
  std::vector<double> values;
  for (const int us : micros) values.push_back(us * 1e-6);
  return values;
}

RC_GTEST_PROP(LatencyHistogram, QuantilesAreWithinTheStatedError, ()) {
  auto values = some_latencies();
  LatencyHistogram histogram;
  for (const double v : values) histogram.add(v);
  std::sort(values.begin(), values.end());
  for (const double q : {0.0, 0.5, 0.9, 0.99, 1.0}) {
    const double exact =
        values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
    RC_ASSERT(std::abs(histogram.quantile(q) - exact) <=
              exact * (LatencyHistogram::kRelativeError + 1e-9));
  }
}

RC_GTEST_PROP(LatencyHistogram, MergingIsTheSameAsAddingAll, ()) {
  const auto left = some_latencies();
  const auto right = some_latencies();
  LatencyHistogram a, b, all;
  for (const double v : left) a.add(v), all.add(v);
  for (const double v : right) b.add(v), all.add(v);
  a.merge(b);
  RC_ASSERT(a.count() == all.count());
  RC_ASSERT(a.first() == all.first());
  RC_ASSERT(a.buckets() == all.buckets());
}

TEST(LatencyHistogram, TakesZeroAndOutOfRangeValuesAsTheBounds) {
  LatencyHistogram histogram;
  histogram.add(0);
  histogram.add(1e9);
  histogram.add(std::nan(""));
  EXPECT_EQ(histogram.count(), 2u);
  EXPECT_NEAR(histogram.quantile(1.0), 3600, 36);
  EXPECT_EQ(LatencyHistogram().quantile(0.5), 0);
}

}  // namespace
}  // namespace starling
