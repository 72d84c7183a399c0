// Pools of elastic nodes on the wire: what the deciding node tells, and what older agents do not.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "control/codec.h"
#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;
using Json = nlohmann::json;

PoolSummary deciding() {
  PoolSummary pool;
  pool.name = "burst";
  pool.decides = true;
  pool.min = 1;
  pool.max = 5;
  pool.wanted = 4;
  pool.pending = 1;
  pool.running = 2;
  pool.left = 2;
  pool.node_size = {4000, 16LL << 30, 2};
  pool.cloud = "aws";
  pool.price_per_hour = 0.05;
  pool.budget_per_hour = 0.5;
  pool.limit = "max of 5";
  pool.error = "list: no answer";
  return pool;
}

TEST(CodecPools, WhatIsToldIsRead) {
  auto beat = heartbeat(node("a"), 7);
  PoolSummary other;
  other.name = "gpu";
  beat.pools = {deciding(), other};
  const auto read = decode(encode(beat));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(std::get<Heartbeat>(*read).pools, beat.pools);
}

TEST(CodecPools, OlderAgentsTellNoPoolsAndWishForWhatTheyDecided) {
  auto beat = heartbeat(node("a"), 7);
  EXPECT_FALSE(Json::parse(encode(beat)).contains("pools"));
  ModelSummary summary;
  summary.model = "m";
  summary.desired = 3;
  summary.wished = 5;
  beat.owned = {summary};
  auto json = Json::parse(encode(beat));
  EXPECT_EQ(std::get<Heartbeat>(*decode(json.dump())).owned[0].wished, 5);
  json["owned"][0].erase("wished");
  const auto old = decode(json.dump());
  ASSERT_TRUE(old) << old.error().message;
  EXPECT_EQ(std::get<Heartbeat>(*old).owned[0].wished, 3);
  EXPECT_TRUE(std::get<Heartbeat>(*old).pools.empty());
}

TEST(CodecPools, WhatNoAgentTellsIsRefused) {
  auto beat = heartbeat(node("a"), 7);
  beat.pools = {deciding()};
  const auto good = Json::parse(encode(beat));
  const std::pair<const char*, Json> wrong[] = {
      {"max", -1}, {"running", 1e12},  {"price", "free"}, {"budget", -0.5},
      {"name", 7}, {"decides", "yes"}, {"cpu", Json()}};
  for (const auto& [key, value] : wrong) {
    auto json = good;
    json["pools"][0][key] = value;
    EXPECT_FALSE(decode(json.dump())) << key;
  }
  auto json = good;
  json["pools"] = "none";
  EXPECT_FALSE(decode(json.dump()));
}

}  // namespace
}  // namespace starling
