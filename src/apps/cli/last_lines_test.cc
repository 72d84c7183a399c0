#include "apps/cli/last_lines.h"

#include <gtest/gtest.h>

namespace starling::cli {
namespace {

TEST(LastLines, AreTheLastOnes) {
  EXPECT_EQ(last_lines("a\nb\nc\n", 2), "b\nc\n");
  EXPECT_EQ(last_lines("a\nb\nc", 2), "b\nc") << "the last is still being written";
  EXPECT_EQ(last_lines("a\nb\n", 5), "a\nb\n");
}

TEST(LastLines, EmptyLinesCount) {
  EXPECT_EQ(last_lines("\nfoo\n", 1), "foo\n");
  EXPECT_EQ(last_lines("\nfoo\n", 2), "\nfoo\n");
  EXPECT_EQ(last_lines("a\n\n", 1), "\n");
}

TEST(LastLines, NoneIsNothing) {
  EXPECT_EQ(last_lines("", 3), "");
  EXPECT_EQ(last_lines("a", 0), "");
  EXPECT_EQ(last_lines("a\n", 0), "");
}

}  // namespace
}  // namespace starling::cli
