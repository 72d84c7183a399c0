// What relays tell of their cells, on the wire and against what is known.
#include "control/digest.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "control/codec.h"
#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;
using Json = nlohmann::json;

Digest digest_of(std::vector<RosterName> names) {
  Digest digest{"relay", "c00000001.0", roster_id(names), names, {}};
  for (std::size_t i = 0; i < names.size(); ++i)
    digest.nodes.push_back({MemberState::kAlive, 300ms, static_cast<std::uint32_t>(i)});
  return digest;
}

TEST(DigestContent, TheNewerOfTwoIsKnownByTheirLastBits) {
  EXPECT_TRUE(newer_content(content_bits(8), content_bits(7)));
  EXPECT_FALSE(newer_content(content_bits(7), content_bits(7)));
  EXPECT_FALSE(newer_content(content_bits(6), content_bits(7)));
  const std::uint64_t around = 1ULL << kContentBits;
  EXPECT_TRUE(newer_content(content_bits(around + 1), content_bits(around - 1)));
  EXPECT_FALSE(newer_content(content_bits(around - 1), content_bits(around + 1)));
}

RC_GTEST_PROP(DigestCodec, WhatIsSentIsRead, ()) {
  Digest digest{"r", "c00000001.0.1", 0, {}, {}};
  const int count = *rc::gen::inRange(0, 100);
  for (int i = 0; i < count; ++i) {
    NodeDigest one;
    one.state = *rc::gen::element(MemberState::kAlive, MemberState::kSuspect, MemberState::kDead,
                                  MemberState::kLeft);
    if (one.state == MemberState::kAlive) one.heard = *rc::gen::inRange(0, 61) * 100ms;
    one.content = content_bits(*rc::gen::arbitrary<std::uint64_t>());
    digest.nodes.push_back(one);
    digest.names.push_back({fmt::format("n{}", i), *rc::gen::arbitrary<std::uint64_t>()});
  }
  digest.roster = roster_id(digest.names);
  const auto read = decode(encode(digest));
  RC_ASSERT(read.has_value());
  RC_ASSERT(std::get<Digest>(*read) == digest);
}

TEST(DigestCodec, ANodeTakesFourBytes) {
  std::vector<RosterName> names;
  for (int i = 0; i < 50; ++i) names.push_back({fmt::format("n{}", i), 1});
  auto digest = digest_of(names);
  digest.names.clear();
  const auto some = encode(digest).size();
  digest.nodes.resize(25);
  EXPECT_EQ(some - encode(digest).size(), 100u);
}

TEST(DigestCodec, AnAgeIsRoundedUpSoThatNobodySeemsToHaveBeenHeardLater) {
  auto digest = digest_of({{"n1", 1}});
  digest.nodes[0].heard = 301ms;
  EXPECT_EQ(std::get<Digest>(*decode(encode(digest))).nodes[0].heard, 400ms);
  digest.nodes[0].heard = 1h;
  EXPECT_EQ(std::get<Digest>(*decode(encode(digest))).nodes[0].heard, 6s);
}

TEST(DigestCodec, WhatIsMalformedIsRefusedByName) {
  const auto refusal = [](const std::string& key, const Json& value) {
    auto json = Json::parse(encode(digest_of({{"n1", 1}, {"n2", 1}})));
    json[key] = value;
    const auto read = decode(json.dump());
    return read ? "" : read.error().message;
  };
  EXPECT_NE(refusal("nodes", "01").find("'nodes'"), std::string::npos);
  EXPECT_NE(refusal("nodes", "0 00").find("'nodes'"), std::string::npos);
  EXPECT_NE(refusal("nodes", 7).find("'nodes'"), std::string::npos);
  EXPECT_NE(refusal("nodes", std::string(4 * (kRosterMax + 1), '0')).find("'nodes'"),
            std::string::npos);
  EXPECT_NE(refusal("names", Json::array({{"n1", 1, 2}})).find("'names'"), std::string::npos);
  EXPECT_NE(refusal("names", Json::array({Json::array({"n1", -1})})).find("'life'"),
            std::string::npos);
  EXPECT_NE(refusal("names", "n1").find("'names'"), std::string::npos);
  EXPECT_NE(refusal("roster", -1).find("'roster'"), std::string::npos);
  EXPECT_NE(refusal("cell", 1).find("'cell'"), std::string::npos);
  EXPECT_NE(refusal("cell", "everything").find("'cell'"), std::string::npos);
}

TEST(ChangeCodec, WhatIsMalformedIsRefusedByName) {
  const auto spec = model("m");
  Change change{"a", 1,  9,  7, {}, false, Scheduling::kOpen, {replica("m-a-1", spec, "a")},
                {},  {}, {}, {}};
  change.turned = {{"m-a-2", ReplicaState::kReady, "h:1", 2s}};
  const auto refusal = [&](const std::function<void(Json&)>& spoil) {
    auto json = Json::parse(encode(change));
    spoil(json);
    const auto read = decode(json.dump());
    return read ? "" : read.error().message;
  };
  EXPECT_EQ(refusal([](Json&) {}), "");
  EXPECT_NE(refusal([](Json& j) { j["of"] = {"a", 1, 9}; }).find("'of'"), std::string::npos);
  EXPECT_NE(refusal([](Json& j) { j["of"][3] = "7"; }).find("'since'"), std::string::npos);
  EXPECT_NE(refusal([](Json& j) { j["free"] = {1, -2, 0}; }).find("'memory'"), std::string::npos);
  EXPECT_NE(refusal([](Json& j) { j["replicas"][0].erase(3); }).find("replica"), std::string::npos);
  EXPECT_NE(refusal([](Json& j) { j["replicas"][0][3] = 3; }).find("'state'"), std::string::npos);
  EXPECT_NE(refusal([](Json& j) { j["turned"][0] = {"m-a-2"}; }).find("turned"), std::string::npos);
  EXPECT_NE(refusal([](Json& j) { j["turned"][0][1] = 9; }).find("'state'"), std::string::npos);
  EXPECT_NE(refusal([](Json& j) { j["owned"] = {7}; }).find("owned"), std::string::npos);
  EXPECT_NE(refusal([](Json& j) { j["gone"] = {7}; }).find("'gone'"), std::string::npos);
  EXPECT_NE(refusal([](Json& j) { j["scheduling"] = 7; }).find("'scheduling'"), std::string::npos);
}

TEST(RostersTest, ADigestWithoutNamesIsUnderstoodWhereItsRosterIsKnown) {
  Rosters rosters;
  auto digest = digest_of({{"n1", 1}, {"n2", 4}});
  const auto names = std::exchange(digest.names, {});
  EXPECT_EQ(rosters.of(digest, at(0s)), nullptr);
  digest.names = names;
  ASSERT_NE(rosters.of(digest, at(1s)), nullptr);
  digest.names.clear();
  ASSERT_NE(rosters.of(digest, at(2s)), nullptr);
  EXPECT_EQ(*rosters.of(digest, at(2s)), names);
  digest.roster += 1;
  EXPECT_EQ(rosters.of(digest, at(2s)), nullptr);
}

TEST(RostersTest, NamesThatAreNotThoseOfTheRosterAreNotBelieved) {
  Rosters rosters;
  auto digest = digest_of({{"n1", 1}});
  digest.names[0].incarnation = 2;
  EXPECT_EQ(rosters.of(digest, at(0s)), nullptr);
  auto longer = digest_of({{"n1", 1}});
  longer.nodes.push_back({});
  EXPECT_EQ(rosters.of(longer, at(0s)), nullptr) << "not one for each node";
}

TEST(RostersTest, ACellThatIsSilentIsForgotten) {
  Rosters rosters;
  rosters.of(digest_of({{"n1", 1}}), at(0s));
  EXPECT_EQ(rosters.cells(), 1u);
  rosters.forget(at(3min));
  EXPECT_EQ(rosters.cells(), 0u);
}

}  // namespace
}  // namespace starling
