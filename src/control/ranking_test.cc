// The first in line are those of the whole order, whatever came and went.
#include "control/ranking.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "base/result.h"
#include "control/ownership.h"

namespace starling {
namespace {

std::vector<std::string> drawn(const std::string& prefix, int most) {
  std::set<std::string> names;
  for (int i = 0; i < most; ++i) {
    if (*rc::gen::arbitrary<bool>()) names.insert(fmt::format("{}{}", prefix, i));
  }
  return {names.begin(), names.end()};
}

RC_GTEST_PROP(Ranking, IsTheBeginningOfTheWholeOrderAfterAnyChanges, ()) {
  Ranking ranking;
  for (int round = 0; round < 8; ++round) {
    const auto keys = drawn("m", 8), members = drawn("n", 30);
    ranking.update(keys, members);
    for (const auto& key : keys) {
      auto whole = rendezvous_order(key, members);
      const auto& first = ranking.first(key);
      RC_ASSERT(first.size() >= std::min<std::size_t>(2, members.size()));
      RC_ASSERT(first.size() <= members.size());
      whole.resize(first.size());
      RC_ASSERT(first == whole);
    }
  }
}

TEST(Ranking, AKeyThatIsNotThereHasNobody) {
  Ranking ranking;
  EXPECT_TRUE(ranking.first("m").empty());
  ranking.update({"m"}, {"a"});
  EXPECT_EQ(ranking.first("m"), std::vector<std::string>{"a"});
  ranking.update({}, {"a"});
  EXPECT_TRUE(ranking.first("m").empty());
}

}  // namespace
}  // namespace starling
