// Sorting samples gives what sorting gives.
#include "forecast/net/small_sort.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace starling {
namespace {

RC_GTEST_PROP(SmallSort, SortsAsStdSortDoes, (std::vector<int> numbers)) {
  std::vector<float> sample(numbers.begin(), numbers.end());
  std::vector<float> expected = sample;
  std::sort(expected.begin(), expected.end());
  sort_sample(sample);
  RC_ASSERT(sample == expected);
}

TEST(SmallSort, SortsEveryLengthUpTo200) {
  for (std::size_t n = 0; n <= 200; ++n) {
    std::vector<float> sample;
    for (std::size_t i = 0; i < n; ++i) sample.push_back(static_cast<float>(i * 7919 % 101));
    sort_sample(sample);
    EXPECT_TRUE(std::is_sorted(sample.begin(), sample.end())) << n << " values";
  }
}

}  // namespace
}  // namespace starling
