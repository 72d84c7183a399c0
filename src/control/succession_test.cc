// Who is in line for each model, as members and models come and go.
#include "control/succession.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;
using ::testing::SizeIs;

class SuccessionTest : public ::testing::Test {
 protected:
  void hear(const std::string& name, Duration time) {
    members_.on_heartbeat(heartbeat(node(name), ++sequence_), at(time));
  }
  void set_models(int count) {
    std::vector<StoredSpec> specs;
    for (int i = 0; i < count; ++i) specs.push_back({model(fmt::format("m{:05}", i)), 1});
    specs_.set(std::move(specs));
    line_.outdate();
  }
  bool updates(Duration time) { return line_.update(specs_, members_, at(time)).has_value(); }

  Membership members_{MembershipOptions{}};
  SpecBook specs_;
  Succession line_;
  std::uint64_t sequence_ = 0;
};

TEST_F(SuccessionTest, OneMemberOwnsAModelAndAnotherIsNextInLine) {
  set_models(20);
  for (const auto& name : {"a", "b", "c"}) hear(name, 0s);
  ASSERT_TRUE(updates(0s));
  for (const auto& [name, order] : line_.all()) {
    EXPECT_THAT(order, SizeIs(2));
    EXPECT_TRUE(line_.owns(order[0], name));
    EXPECT_FALSE(line_.owns(order[1], name));
    EXPECT_TRUE(line_.in_line(order[1], name));
  }
  EXPECT_THAT(line_.of("unknown"), SizeIs(0));
  EXPECT_FALSE(line_.owns("a", "unknown"));
}

TEST_F(SuccessionTest, ItRanksAnewOnlyWhereSomethingHasChanged) {
  set_models(20);
  hear("a", 0s);
  hear("b", 0s);
  EXPECT_TRUE(updates(0s));
  EXPECT_FALSE(updates(1s));
  hear("c", 1s);
  const auto before = line_.all();
  const auto told = line_.update(specs_, members_, at(1s));
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(*told, before);
  EXPECT_NE(line_.all(), before);
}

TEST_F(SuccessionTest, WithManyModelsMembersThatComeOneAfterTheOtherAreRankedTogether) {
  constexpr int kMany = 20'000;  // a pause of 100 ms
  set_models(kMany);
  hear("a", 0s);
  ASSERT_TRUE(updates(0s));
  hear("b", 10ms);
  EXPECT_FALSE(updates(10ms));
  EXPECT_TRUE(updates(100ms));
  set_models(kMany + 1);
  EXPECT_TRUE(updates(101ms)) << "a change of models counts at once";
}

}  // namespace
}  // namespace starling
