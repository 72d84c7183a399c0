// Agents of one version and the next understand each other, as in a rolling upgrade.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "control/codec.h"
#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;
using Json = nlohmann::json;

TEST(CodecVersions, WhatOlderAgentsDoNotWriteIsRead) {
  const auto spec = model("m");
  auto beat = heartbeat(node("a"), 7, {replica("r1", spec, "a")});
  ModelSummary summary;
  summary.model = "m";
  summary.size = SizeSummary{{125, 1 << 20}, {125, 1 << 20}, {60, 1 << 20}, "why"};
  beat.owned = {summary};
  auto json = Json::parse(encode(beat));
  const auto read = decode(json.dump());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(std::get<Heartbeat>(*read).owned[0], summary);
  json["owned"][0].erase("size");
  json.erase("without_specs");
  json.erase("understands");
  json["replicas"][0].erase("memory_used");
  json["replicas"][0].erase("memory_kills");
  for (const auto* key : {"epoch", "leaving", "unplaced"}) json["owned"][0].erase(key);
  json["replicas"][0].erase("epoch");
  json.erase("scheduling");
  const auto old = decode(json.dump());
  ASSERT_TRUE(old) << old.error().message;
  EXPECT_FALSE(std::get<Heartbeat>(*old).owned[0].size.has_value());
  EXPECT_FALSE(std::get<Heartbeat>(*old).without_specs);
  EXPECT_EQ(std::get<Heartbeat>(*old).scheduling, Scheduling::kOpen);
  EXPECT_EQ(std::get<Heartbeat>(*old).understands, 0);
  EXPECT_EQ(std::get<Heartbeat>(*old).owned[0].epoch, 0u);
  json["scheduling"] = 3;
  EXPECT_FALSE(decode(json.dump())) << "what no agent does yet";
  json.erase("scheduling");
  json["owned"][0]["size"] = {{"resources", {{"cpu", -1}, {"memory", 0}}}};
  EXPECT_FALSE(decode(json.dump())) << "no CPU is negative";
  json["owned"][0]["size"] = 7;
  EXPECT_FALSE(decode(json.dump()));
}

TEST(CodecVersions, ALimitOfABidThatIsNotKnownIsToldByItsWordsAlone) {
  auto json = Json::parse(encode(Bid{"r", "a", 0, 0.1, "why", 0, false, BidLimit::kBudget}));
  EXPECT_EQ(std::get<Bid>(*decode(json.dump())).limit, BidLimit::kBudget);
  json["limit"] = "weather";
  const auto later = decode(json.dump());
  ASSERT_TRUE(later) << later.error().message;
  EXPECT_EQ(std::get<Bid>(*later).limit, BidLimit::kOther);
}

TEST(CodecVersions, AnOlderAgentTellsTheLimitOfABidInItsWords) {
  auto json = Json::parse(encode(Bid{"r", "a", 0, 0.1, ""}));
  const auto limit = [&](const char* reason) {
    json["reason"] = reason;
    return std::get<Bid>(*decode(json.dump())).limit;
  };
  EXPECT_EQ(limit("budget of tenant demo: 0.04/h, 0.04 in use"), BidLimit::kBudget);
  EXPECT_EQ(limit("a replica failed here: it ended"), BidLimit::kFailedHere);
  EXPECT_EQ(limit("0m CPU and 0 MiB free"), BidLimit::kOther);
}

TEST(CodecVersions, IdsAndTimesOfAPackedChangeComeBackWhateverTheyLookLike) {
  const auto spec = model("m");
  Change change;
  change.node = "a";
  change.incarnation = ~0ULL;
  change.since = 1;
  change.sequence = 2;
  for (const auto* id : {"m-a-60a24181e4000-0", "m-a-060a-1", "m-a-60a24181e4000", "m-a-x-1",
                         "m-a-", "n-a-5-1", "m-a-ffffffffffffffffff-1", ""}) {
    auto started = replica(id, spec, "a");
    started.started = TimePoint{Duration{0x60a24181e4000}};
    change.replicas.push_back(started);
    started.started = TimePoint{};
    change.replicas.push_back(started);
    change.turned.push_back({id, ReplicaState::kDraining, "", {}});
    change.gone.push_back(id);
  }
  for (const WireForm form : {WireForm::kText, WireForm::kPacked}) {
    const auto back = decode(encode(change, form));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(std::get<Change>(*back), change);
  }
}

TEST(CodecVersions, CommandsOfAgentsThatKnowNoEpochsAreOfEpochZero) {
  const std::vector<Message> commands{Award{"a.1/m/1", "a", "m", 3, 2, 77},
                                      StopReplica{"a", "m", "r1", "too many", "", 77},
                                      PurchaseOffer{"a.1/m/2", "a", "m", "n", {}, {}, {1}, 77}};
  for (const auto& command : commands) {
    const auto epoch_of = [](const Result<Message>& message) -> std::uint64_t {
      if (const auto* award = std::get_if<Award>(&*message)) return award->epoch;
      if (const auto* stop = std::get_if<StopReplica>(&*message)) return stop->epoch;
      return std::get<PurchaseOffer>(*message).epoch;
    };
    auto json = Json::parse(encode(command));
    EXPECT_EQ(epoch_of(decode(json.dump())), 77u);
    ASSERT_EQ(json.erase("epoch"), 1u);
    ASSERT_TRUE(decode(json.dump()));
    EXPECT_EQ(epoch_of(decode(json.dump())), 0u);
    json["epoch"] = -1;
    EXPECT_FALSE(decode(json.dump()));
    json["epoch"] = "77";
    EXPECT_FALSE(decode(json.dump()));
  }
}

TEST(CodecVersions, AnAgentThatKnowsNoAdmissionControlIsUnderstood) {
  Heartbeat beat;
  beat.owned = {ModelSummary{}};
  beat.owned[0].rejected_rate = 3;
  beat.owned[0].service_mean_s = 0.1;
  auto json = Json::parse(encode(beat));
  for (const auto* key : {"rejected", "service_mean", "service_scv", "service_occupancy"})
    ASSERT_EQ(json["owned"][0].erase(key), 1u) << key;
  const auto read = decode(json.dump());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(std::get<Heartbeat>(*read).owned[0], ModelSummary{});

  TrafficSample sample;
  sample.rejected = 5;
  json = Json::parse(encode(TrafficReport{"a", {}, {sample}}));
  ASSERT_EQ(json["samples"][0].erase("rejected"), 1u);
  const auto report = decode(json.dump());
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(std::get<TrafficReport>(*report).samples[0].rejected, 0u);
}

TEST(CodecVersions, BriefFormsSayTheSameInLess) {
  TrafficSample sample;
  sample.model = "m";
  sample.arrivals = sample.completed = 7;
  sample.in_flight = 0.3;
  sample.latency.add(0.05, 7);
  TrafficReport report{"a", TimePoint{1s}, {sample}};
  const auto named = encode(report);
  report.brief = true;
  const auto brief = encode(report);
  EXPECT_LT(2 * brief.size(), named.size());
  auto json = Json::parse(brief);
  const auto read = decode(brief);
  ASSERT_TRUE(read) << read.error().message;
  auto again = std::get<TrafficReport>(*read);
  EXPECT_TRUE(again.brief);
  again.brief = false;
  EXPECT_EQ(encode(again), named);
  json["lists"][0].erase(13);
  EXPECT_FALSE(decode(json.dump()));
  json["lists"][0] = {{"model", "m"}};
  EXPECT_FALSE(decode(json.dump()));

  Beat beat{"a", 3, 9, 8, true};
  json = Json::parse(encode(beat));
  EXPECT_EQ(json, Json::parse(R"({"kind":"beat","of":["a",3,9,8],"protocol":1})"));
  EXPECT_EQ(std::get<Beat>(*decode(json.dump())).sequence, 9u);
  json["of"] = {"a", 3, 9};
  EXPECT_FALSE(decode(json.dump()));
  json["of"] = {"a", 3, -9, 8};
  EXPECT_FALSE(decode(json.dump()));
}

TEST(CodecVersions, WhatAnOlderAgentKnowsNothingOfIsWrittenOnlyWhereItSaysSomething) {
  NodeInfo info = node("a");
  auto spec = model("m");
  const auto plain = Json::parse(encode(heartbeat(info, 7, {replica("r1", spec, "a")})));
  for (const auto* key : {"gpus", "gpu_price", "gib_price", "spot"})
    EXPECT_FALSE(plain["node"].contains(key)) << key;
  EXPECT_FALSE(plain["free"].contains("gpu"));
  EXPECT_FALSE(plain["replicas"][0].contains("devices"));

  info.gpus = 4;
  info.price_per_gpu_hour = 1.2;
  info.price_per_gib_hour = 0.004;
  info.node_class = NodeClass::kSpot;
  spec.resources.gpus = 2;
  auto mine = replica("r1", spec, "a");
  mine.devices = {1, 3};
  const auto read = decode(encode(heartbeat(info, 7, {mine})));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(std::get<Heartbeat>(*read).node, info);
  EXPECT_EQ(std::get<Heartbeat>(*read).replicas[0], mine);

  auto json = Json::parse(encode(heartbeat(info, 7, {mine})));
  json["replicas"][0]["devices"] = {-1};
  EXPECT_FALSE(decode(json.dump()));
  json["replicas"][0]["devices"] = {1e12};
  EXPECT_FALSE(decode(json.dump()));
}

}  // namespace
}  // namespace starling
