// Vocabularies: the order of words, the bound, and the place of everything else.
#include "feature/category.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <numeric>

namespace starling {
namespace {

const std::vector<std::string> kModels{"b", "digits", "a", "tones", "digits", "a", "digits", "b"};

TEST(Category, TheMostFrequentComeFirst) {
  EXPECT_EQ(Vocabulary(kModels, 10).words(),
            (std::vector<std::string>{"digits", "a", "b", "tones"}));
}

TEST(Category, BeyondTheBoundEverythingIsOther) {
  const Vocabulary vocabulary(kModels, 2);
  EXPECT_EQ(vocabulary.ordinal("a"), 1u);
  EXPECT_EQ(vocabulary.ordinal("tones"), 2u);
  EXPECT_EQ(vocabulary.ordinal("never seen"), 2u);
  EXPECT_EQ(vocabulary.one_hot("digits"), (std::vector<double>{1, 0, 0}));
  EXPECT_EQ(vocabulary.one_hot("never seen"), (std::vector<double>{0, 0, 1}));
}

RC_GTEST_PROP(Category, OneHotHoldsASingleOneAtTheOrdinal, ()) {
  const auto values = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("", "a", "b", "c", "d", "e"));
  const Vocabulary vocabulary(values, *rc::gen::inRange<std::size_t>(0, 6));
  for (const std::string& value : values) {
    const auto numbers = vocabulary.one_hot(value);
    RC_ASSERT(std::accumulate(numbers.begin(), numbers.end(), 0.0) == 1);
    RC_ASSERT(numbers[vocabulary.ordinal(value)] == 1);
  }
}

}  // namespace
}  // namespace starling
