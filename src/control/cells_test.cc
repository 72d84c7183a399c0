// How a fleet is divided: by size, alike for everybody, and back again.
#include "control/cells.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;

std::vector<NodeInfo> nodes_of(std::size_t count, int clouds) {
  std::vector<NodeInfo> nodes;
  for (std::size_t i = 0; i < count; ++i)
    nodes.push_back(
        node(fmt::format("node-{}", i), fmt::format("c{}", i % static_cast<std::size_t>(clouds))));
  return nodes;
}

TEST(Cells, ASmallFleetIsOneCell) {
  EXPECT_EQ(cell_bits(kWholeFleet, 1, 1), kWholeFleet);
  EXPECT_EQ(cell_bits(kWholeFleet, kCellMax, kCellMax), kWholeFleet);
  EXPECT_EQ(cell_of(cell_path(node("a")), kWholeFleet), "");
  EXPECT_TRUE(in_cell(cell_path(node("a")), ""));
}

TEST(Cells, ALargerOneIsDividedByCloudsAndThenWithinThem) {
  EXPECT_EQ(cell_bits(kWholeFleet, kCellMax + 1, 30), 0);
  EXPECT_EQ(cell_bits(kWholeFleet, 1000, 333), 3);
  EXPECT_EQ(cell_bits(kWholeFleet, 10'000, 3333), 6);
}

TEST(Cells, TheSizeAtWhichItIsDividedIsNotTheOneAtWhichItIsJoined) {
  EXPECT_EQ(cell_bits(0, kCellMax, 30), 0) << "it has shrunk a little";
  EXPECT_EQ(cell_bits(0, kCellMin, 30), kWholeFleet);
  EXPECT_EQ(cell_bits(3, 900, 2 * 4 * kCellMin), 3);
  EXPECT_EQ(cell_bits(3, 900, 4 * kCellMin - 4), 2);
}

RC_GTEST_PROP(Cells, NoSizeMakesTheNumberOfCellsSwing, ()) {
  const auto fleet = *rc::gen::inRange<std::size_t>(1, 50'000);
  const auto cloud = *rc::gen::inRange<std::size_t>(1, fleet + 1);
  const int before = *rc::gen::inRange(kWholeFleet, kCellBitsUsed + 1);
  const int bits = cell_bits(before, fleet, cloud);
  RC_ASSERT(cell_bits(bits, fleet, cloud) == bits);
}

TEST(Cells, EveryNodeIsInOneCellOfItsCloudAndCellsAreOfAboutTheSameSize) {
  const auto nodes = nodes_of(3000, 3);
  const int bits = cell_bits(kWholeFleet, 3000, 1000);
  std::map<std::string, std::set<std::string>> clouds;
  std::map<std::string, int> sizes;
  for (const auto& one : nodes) {
    const auto cell = cell_of(cell_path(one), bits);
    EXPECT_EQ(bits_of(cell), bits);
    EXPECT_TRUE(in_cell(cell_path(one), cell));
    clouds[cell].insert(one.cloud);
    ++sizes[cell];
  }
  EXPECT_EQ(sizes.size(), 3u << bits);
  for (const auto& [cell, in] : clouds) EXPECT_EQ(in.size(), 1u) << cell;
  for (const auto& [cell, size] : sizes) {
    EXPECT_GT(size, 25) << cell;
    EXPECT_LT(size, 110) << cell;
  }
}

TEST(Cells, ACellIsHeardInThoseThatItIsAPartOf) {
  const auto path = cell_path(node("a", "aws"));
  for (int bits = kWholeFleet; bits <= kCellBits; ++bits)
    EXPECT_TRUE(in_cell(path, cell_of(path, bits)));
  EXPECT_FALSE(in_cell(path, cell_of(cell_path(node("a", "gcp")), 0)));
  EXPECT_FALSE(in_cell("c1.0.1", "c1.0.0"));
  EXPECT_FALSE(in_cell("c12.0", "c1")) << "a name is no part of a longer one";
  // Any name of a cloud makes a subject.
  EXPECT_EQ(cell_path(node("a", "a cloud.*>")).find_first_not_of("c0123456789abcdef."),
            std::string::npos);
}

RC_GTEST_PROP(Cells, OneRelayThatIsLostIsReplacedByOneAndTheOthersStay, ()) {
  std::vector<std::string> members;
  for (int i = 0; i < *rc::gen::inRange(4, 64); ++i) members.push_back(fmt::format("n{:02}", i));
  const auto before = relays_of("c1.0", members);
  RC_ASSERT(before.size() == kRelays);
  const auto lost = before[*rc::gen::inRange<std::size_t>(0, kRelays)];
  std::erase(members, lost);
  const auto after = relays_of("c1.0", members);
  for (const auto& name : before)
    RC_ASSERT(name == lost || std::find(after.begin(), after.end(), name) != after.end());
}

TEST(Cells, WhatDigestsBringGrowsLessThanTheFleet) {
  EXPECT_EQ(digest_period(100), 1s);
  EXPECT_EQ(digest_period(20'000), 4s);
  const auto period = digest_period(20'000);
  const auto turn = digest_turn("c1.0", period, at(0s));
  EXPECT_EQ(digest_turn("c1.0", period, at(period)), turn + 1);
}

TEST(Cells, OnlyPathsOfACloudAreCells) {
  NodeInfo info;
  info.name = "n";
  info.cloud = "aws";
  const std::string path = cell_path(info);
  for (int bits = 0; bits <= kCellBits; ++bits) EXPECT_TRUE(is_cell(cell_of(path, bits)));
  for (const char* other : {"", "c", "c0012abcd.", "c0012abcd.2", "c0012abcd.0.", "d0012abcd",
                            "c0012abcg", "c0012abcd0", "c0012abcd.0.0.0.0.0.0.0.0.0.0.0"})
    EXPECT_FALSE(is_cell(other)) << other;
}

}  // namespace
}  // namespace starling
