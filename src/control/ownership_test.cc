// Rendezvous hashing: one answer for all nodes, little movement, even shares.
#include "control/ownership.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

#include "base/result.h"

namespace starling {
namespace {

std::vector<std::string> nodes(int count) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back(fmt::format("n{:03}", i));
  return names;
}

TEST(Ownership, TheHashIsTheSameInEveryVersion) {
  // A fleet with two versions of the agent must agree on owners: these values may never change.
  // They were computed apart from this code, from the definitions of FNV-1a and of splitmix64's
  // finaliser.
  EXPECT_EQ(stable_hash(""), 0xf52a15e9a9b5e89bULL);
  EXPECT_EQ(stable_hash("a"), 0x02c0bdbf481420f8ULL);
  EXPECT_EQ(stable_hash("digits\nnode-1"), 0x6488a3c3886a30e6ULL);
}

RC_GTEST_PROP(Ownership, EveryOrderOfTheMembersGivesTheSameRanks, ()) {
  const auto key = *rc::gen::arbitrary<std::string>();
  auto members = *rc::gen::unique<std::vector<std::string>>(rc::gen::arbitrary<std::string>());
  const auto order = rendezvous_order(key, members);
  std::sort(members.begin(), members.end());
  RC_ASSERT(rendezvous_order(key, members) == order);
  std::reverse(members.begin(), members.end());
  RC_ASSERT(rendezvous_order(key, members) == order);
  RC_ASSERT(order.size() == members.size());
}

RC_GTEST_PROP(Ownership, ALostMemberMovesOnlyItsOwnKeys, (std::uint32_t salt)) {
  const auto members = nodes(*rc::gen::inRange(2, 30));
  const auto lost = *rc::gen::elementOf(members);
  auto rest = members;
  std::erase(rest, lost);
  for (int i = 0; i < 50; ++i) {
    const auto key = fmt::format("model-{}-{}", salt, i);
    auto before = rendezvous_order(key, members);
    std::erase(before, lost);
    // The whole order stays, so a lost owner's keys go to the node that was next in line.
    RC_ASSERT(rendezvous_order(key, rest) == before);
  }
}

TEST(Ownership, TenThousandKeysAreSharedEvenly) {
  const auto members = nodes(20);
  std::map<std::string, int> owned, second;
  for (int i = 0; i < 10'000; ++i) {
    const auto order = rendezvous_order(fmt::format("model-{}", i), members);
    ++owned[order[0]];
    ++second[order[1]];
  }
  // 500 each on average with a standard deviation of 22: five of them either way.
  for (const auto& member : members) {
    EXPECT_NEAR(owned[member], 500, 110) << member;
    EXPECT_NEAR(second[member], 500, 110) << member;
  }
}

TEST(Ownership, NobodyOwnsAnythingInAnEmptyFleet) {
  EXPECT_TRUE(rendezvous_order("m", {}).empty());
}

}  // namespace
}  // namespace starling
