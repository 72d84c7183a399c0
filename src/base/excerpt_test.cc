#include "base/excerpt.h"

#include <gtest/gtest.h>

namespace starling {
namespace {

TEST(Excerpt, LeavesAShortTextAlone) {
  EXPECT_EQ(excerpt("", 0), "");
  EXPECT_EQ(excerpt("2 × 3", 6), "2 × 3");
}

TEST(Excerpt, CutsBetweenCharacters) {
  EXPECT_EQ(excerpt("2 × 3", 5), "2 × ");
  EXPECT_EQ(excerpt("2 × 3", 4), "2 ×");
  EXPECT_EQ(excerpt("2 × 3", 3), "2 ") << "not half of the sign";
  EXPECT_EQ(excerpt("→", 2), "");
  EXPECT_EQ(excerpt("abc", 2), "ab");
}

}  // namespace
}  // namespace starling
