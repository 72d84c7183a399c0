// Rendezvous hashing: one answer for all nodes, little movement, even shares.
#include "control/ownership.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/result.h"
#include "base/rng.h"

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

/// Some models' names and some nodes'.
std::pair<std::vector<std::string>, std::vector<std::string>> any_fleet(std::uint32_t salt) {
  const int members = *rc::gen::inRange(1, 40), keys = *rc::gen::inRange(0, 400);
  std::vector<std::string> names;
  for (int i = 0; i < keys; ++i) names.push_back(fmt::format("model-{}-{}", salt, i));
  return {names, nodes(members)};
}

using Owners = std::map<std::string, std::vector<std::string>>;

std::map<std::string, std::size_t> loads(const Owners& owners) {
  std::map<std::string, std::size_t> owned;
  for (const auto& [key, ranked] : owners) ++owned[ranked.at(0)];
  return owned;
}

RC_GTEST_PROP(BoundedOwnership, NobodyOwnsMoreThanTheBoundAndEverythingIsOwned,
              (std::uint32_t salt)) {
  const auto [keys, members] = any_fleet(salt);
  const auto owners = bounded_owners(keys, members);
  RC_ASSERT(owners.size() == keys.size());
  for (const auto& [member, owned] : loads(owners))
    RC_ASSERT(static_cast<double>(owned) <= std::ceil(1.25 * static_cast<double>(keys.size()) /
                                                      static_cast<double>(members.size())));
  for (const auto& [key, ranked] : owners) {
    RC_ASSERT(ranked.size() == std::min<std::size_t>(2, members.size()));
    RC_ASSERT(ranked.front() != ranked.back() || members.size() == 1);
  }
}

RC_GTEST_PROP(BoundedOwnership, EveryOrderGivesTheSameOwners, (std::uint32_t salt)) {
  auto [keys, members] = any_fleet(salt);
  const auto owners = bounded_owners(keys, members);
  Rng rng(salt);
  for (auto* names : {&keys, &members}) {
    for (std::size_t i = names->size(); i > 1; --i)
      std::swap((*names)[i - 1], (*names)[rng.below(i)]);
    if (!names->empty()) names->push_back(names->front());  // named twice
  }
  RC_ASSERT(bounded_owners(keys, members) == owners);
}

/// The assignment is stable: no key and member would both rather have each other.
RC_GTEST_PROP(BoundedOwnership, AKeyIsWithTheFirstMemberThatIsNotFullOfHeavierOnes,
              (std::uint32_t salt)) {
  const auto [keys, members] = any_fleet(salt);
  const auto owners = bounded_owners(keys, members);
  auto owned = loads(owners);
  const auto weight = [](const std::string& key, const std::string& member) {
    return std::pair(stable_hash(key + '\n' + member), key);
  };
  for (const auto& [key, ranked] : owners) {
    for (const auto& member : rendezvous_order(key, members)) {
      if (member == ranked[0]) break;
      RC_ASSERT(owned[member] == owned_max(keys.size(), members.size()));
      for (const auto& [other, others] : owners) {
        if (others[0] == member) RC_ASSERT(weight(other, member) > weight(key, member));
      }
    }
  }
}

/// Keys that the bound keeps from their first choice.
std::size_t displaced(const Owners& owners, const std::vector<std::string>& members) {
  return static_cast<std::size_t>(
      std::count_if(owners.begin(), owners.end(), [&](const auto& entry) {
        return rendezvous_order(entry.first, members).front() != entry.second.front();
      }));
}

RC_GTEST_PROP(BoundedOwnership, OfALostMemberItsOwnKeysAndDisplacedOnesMove, (std::uint32_t salt)) {
  const auto [keys, members] = any_fleet(salt);
  RC_PRE(members.size() > 1);
  const auto lost = *rc::gen::elementOf(members);
  auto rest = members;
  std::erase(rest, lost);
  const auto before = bounded_owners(keys, members), after = bounded_owners(keys, rest);
  std::size_t moved = 0;
  for (const auto& [key, ranked] : before) moved += ranked[0] != after.at(key)[0];
  RC_ASSERT(moved <= loads(before)[lost] + displaced(before, members) + displaced(after, rest));
}

TEST(BoundedOwnership, InAFleetFewMoveBeyondTheLostOnesAndTheNextInLineTakesOver) {
  const auto members = nodes(100);
  std::vector<std::string> keys;
  for (int i = 0; i < 10'000; ++i) keys.push_back(fmt::format("model-{}", i));
  const auto before = bounded_owners(keys, members);
  for (const auto& lost : {members[0], members[42], members[99]}) {
    auto rest = members;
    std::erase(rest, lost);
    const auto after = bounded_owners(keys, rest);
    int lost_keys = 0, moved = 0, foreseen = 0;
    for (const auto& [key, ranked] : before) {
      const auto& now = after.at(key);
      moved += ranked[0] != now[0];
      if (ranked[0] != lost) continue;
      ++lost_keys;
      foreseen += now[0] == ranked[1];
    }
    EXPECT_LE(moved, lost_keys + 20) << "of 10,000, 100 a member";
    EXPECT_GE(foreseen, lost_keys * 98 / 100) << "of " << lost_keys;
  }
  std::size_t most = 0;
  for (const auto& [member, owned] : loads(before)) most = std::max(most, owned);
  EXPECT_LE(most, 125u);
}

TEST(BoundedOwnership, OneModelIsWithItsFirstChoice) {
  const auto order = rendezvous_order("m", nodes(7));
  EXPECT_EQ(bounded_owners({"m"}, nodes(7)).at("m"),
            (std::vector<std::string>{order[0], order[1]}));
  Ranking ranking;
  ranking.update({"m"}, nodes(7));
  EXPECT_EQ(unbounded_owners(ranking), bounded_owners(ranking));
}

TEST(Ownership, NobodyOwnsAnythingInAnEmptyFleet) {
  EXPECT_TRUE(rendezvous_order("m", {}).empty());
  EXPECT_TRUE(bounded_owners({"m"}, {}).at("m").empty());
  EXPECT_TRUE(bounded_owners({}, {"a"}).empty());
}

}  // namespace
}  // namespace starling
