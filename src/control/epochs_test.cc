// Epochs: one order for all owners of a model, and what a node obeys by it.
#include "control/epochs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace starling {
namespace {

using ::testing::HasSubstr;

TEST(Epochs, AnOwnerIsAboveAllThatItHeardAndTwoAreNeverEqual) {
  const Epoch first = epoch_above(0, "a.1");
  EXPECT_GT(first, 0u);
  EXPECT_EQ(epoch_above(0, "a.1"), first);
  EXPECT_NE(epoch_above(0, "b.1"), first) << "took over without having heard of a";
  EXPECT_NE(epoch_above(0, "a.2"), first) << "a, after a restart without memory";
  EXPECT_GT(epoch_above(first, "b.1"), first);
  EXPECT_GT(epoch_above(epoch_above(0, "b.1"), "a.1"), epoch_above(0, "b.1"));
}

TEST(Epochs, WhatIsOverIsRefusedWithTheReason) {
  Epochs node;
  const Epoch old = epoch_above(0, "a.1"), late = epoch_above(old, "b.1");
  EXPECT_FALSE(node.obey("m", "a", old));
  EXPECT_FALSE(node.obey("m", "a", old)) << "the same owner goes on";
  EXPECT_FALSE(node.obey("m", "b", late));
  EXPECT_EQ(node.obeyed("m"), late);
  const auto refused = node.obey("m", "a", old);
  ASSERT_TRUE(refused);
  EXPECT_THAT(*refused, HasSubstr("of a is over: b was obeyed in epoch 2-"));
  EXPECT_FALSE(node.obey("n", "a", old)) << "another model";
  EXPECT_FALSE(node.obey("m", "a", epoch_above(late, "a.1"))) << "it went beyond";
}

TEST(Epochs, AnEpochOfZeroIsOfAnOlderAgentAndNeitherRefusedNorNoted) {
  Epochs node;
  EXPECT_FALSE(node.obey("m", "b", epoch_above(0, "b.1")));
  EXPECT_FALSE(node.obey("m", "a", 0));
  EXPECT_EQ(node.obeyed("m"), epoch_above(0, "b.1"));
  Epochs fresh;
  EXPECT_FALSE(fresh.obey("m", "a", 0));
  EXPECT_EQ(fresh.find("m"), nullptr);
}

TEST(Epochs, HearingOfAnOwnerDoesNotLockOutTheOneThatIsObeyed) {
  Epochs node;
  const Epoch mine = epoch_above(0, "a.1");
  node.hear("m", epoch_above(mine, "b.1"));
  EXPECT_FALSE(node.obey("m", "a", mine));
  EXPECT_EQ(node.highest("m"), epoch_above(mine, "b.1")) << "who takes over goes above both";
}

TEST(Epochs, ADamagedEpochDoesNotLockOutEverybody) {
  Epochs node;
  const Epoch sound = epoch_above(0, "a.1"), damaged = ~0ULL;
  node.hear("m", damaged);
  EXPECT_EQ(node.highest("m"), 0u);
  const auto refused = node.obey("m", "x", damaged);
  ASSERT_TRUE(refused);
  EXPECT_THAT(*refused, HasSubstr("far beyond"));
  EXPECT_FALSE(node.obey("m", "a", sound));
}

TEST(Epochs, AreForgottenWithTheModel) {
  Epochs node;
  EXPECT_FALSE(node.obey("m", "b", epoch_above(epoch_above(0, "a.1"), "b.1")));
  EXPECT_FALSE(node.obey("n", "b", epoch_above(0, "b.1")));
  node.forget_unless([](const std::string& model) { return model == "n"; });
  EXPECT_EQ(node.find("m"), nullptr);
  EXPECT_NE(node.find("n"), nullptr);
  EXPECT_FALSE(node.obey("m", "a", epoch_above(0, "a.1"))) << "another model of that name";
}

RC_GTEST_PROP(Epochs, WhatANodeObeysNeverFalls, ()) {
  Epochs node;
  Epoch highest = 0;
  std::vector<Epoch> heard{0, 0, 0};
  const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 3), rc::gen::inRange(0, 3)));
  for (const auto& [owner, action] : steps) {
    auto& known = heard[static_cast<std::size_t>(owner)];
    const std::string name(1, static_cast<char>('a' + owner));
    if (action == 0) {
      known = epoch_above(std::max(known, node.highest("m")), name);
    } else if (action == 1) {
      known = epoch_above(known, name);  // took over without having heard of anybody
    } else {
      const bool obeyed = !node.obey("m", name, known);
      RC_ASSERT(obeyed == (known == 0 || known >= highest));
      if (obeyed) highest = std::max(highest, known);
    }
    RC_ASSERT(node.obeyed("m") == highest);
  }
}

}  // namespace
}  // namespace starling
