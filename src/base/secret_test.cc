// What the kernel draws is long enough and never the same.
#include "base/secret.h"

#include <gtest/gtest.h>

namespace starling {
namespace {

TEST(Secret, IsOfTheLengthAskedForAndNeverTheSame) {
  const auto one = secret_text(24), other = secret_text(24);
  ASSERT_TRUE(one && other);
  EXPECT_EQ(one->size(), 48u);
  EXPECT_EQ(one->find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(*one, *other);
  EXPECT_NE(*secret_number(), *secret_number());
}

TEST(Secret, MoreThanTheKernelGivesAtOnceIsRefused) { EXPECT_FALSE(secret_text(257)); }

}  // namespace
}  // namespace starling
