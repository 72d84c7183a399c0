// The wire form: what is written is read back, and nothing that arrives can do harm.
#include "control/codec.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/rng.h"
#include "control/any_message_for_tests.h"
#include "control/packing.h"
#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;
using Json = nlohmann::json;

/// One message of every kind, with nothing empty.
std::vector<Message> one_of_each() {
  const auto spec = model("m");
  auto beat = heartbeat(
      node("a"), 7, {replica("r1", spec, "a"), replica("r2", spec, "a", ReplicaState::kStarting)});
  ModelSummary summary;
  summary.model = "m";
  summary.reason = "a \"quoted\" reason\n";
  summary.gains = {12.5, 3};
  summary.losses = {4};
  beat.owned = {summary};
  TrafficSample sample;
  sample.model = "m";
  sample.arrivals = 3;
  sample.latency.add(0.05, 2);
  sample.latency.add(0.3);
  const DemandPast past{28'333'333, {{12, 60}, {0, 0}, {7, 31}}, 1'700'000'100, {3, -1, 0}};
  const SizerRecord sizer{
      {{{0, 2.5, 1}, at(1s)}, {{0, 0, 3}, at(2s)}, 4, at(0s), at(2s), 5e8, 6e8, at(1s)},
      DecidedSize{{350, 1 << 28}, {500, 1 << 29}, at(1s)}};
  auto started = replica("m-a-60a5e6b1c2d3e-4", spec, "a");
  started.started = at(3s);
  Change change{"a", 1'732'900'123'456'789, 9, 7, {}, {}, {}, {}, {}, {}, {}, {}};
  change.free = {250, 1 << 20};
  change.replicas = {started};
  change.turned = {{"m-a-60a5e6b1c2d3e-5", ReplicaState::kReady, "10.0.0.1:80", 1s}};
  change.gone = {"m-a-60a5e6b1c2d3e-6"};
  change.owned = {summary};
  change.disowned = {"other"};
  return {beat,
          TrafficReport{"a", at(1s), {sample}},
          BidRequest{"a.1/m/1", "a", "m", {250, 1 << 20}, 3, {"c1", "c2"}},
          Bid{"a.1/m/1", "b", 2, 0.012, "500m CPU free", 7},
          Award{"a.1/m/1", "a", "m", 0xfedcba9876543210ULL, 2, 7},
          AwardReply{"a.1/m/1", "b", "m", {replica("r1", spec, "b")}, "refused", 7},
          StopReplica{"a", "m", "r1", "too many", "n", 7, {500, 1 << 20}},
          PurchaseOffer{"a.1/m/2", "a", "m", "n", {250, 1 << 20}, {"c1"}, {41.5, 20}, 7},
          PurchaseReply{"a.1/m/2", "m", "n", 1, "it has no more than its minimum", 7, {"b"}},
          Beat{"a", 1, 8, 7},
          Probe{"a", "b", "c", 3, 1, 7, true},
          ProbeAnswer{"b", "a", "c", "c", 3, true, 120ms, beat},
          HandoverRequest{"b", "m"},
          Handover{"a", "m", past, std::string("\x01\xff\0film", 7), sizer},
          change,
          Digest{"a",
                 "c0012abc9.0.1",
                 77,
                 {{"a", 1'732'900'123'456'789}},
                 {{MemberState::kAlive, 120ms, content_bits(4)}, {MemberState::kDead, {}, 0}}},
          RosterRequest{"a", "c0012abc9.0.1"}};
}

RC_GTEST_PROP(Codec, WhatIsWrittenIsReadBack, ()) {
  const Message message = any_message();
  const auto form = *rc::gen::element(WireForm::kText, WireForm::kPacked);
  const auto bytes = encode(message, form);
  const auto read = decode(bytes);
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->index() == message.index());
  RC_ASSERT(encode(*read, form) == bytes);
}

TEST(Codec, EveryFieldComesBackAsItWas) {
  const auto messages = one_of_each();
  const auto beat = std::get<Heartbeat>(*decode(encode(messages[0])));
  const auto& sent_beat = std::get<Heartbeat>(messages[0]);
  EXPECT_EQ(beat.node, sent_beat.node);
  EXPECT_EQ(beat.replicas, sent_beat.replicas);
  EXPECT_EQ(beat.owned, sent_beat.owned);
  EXPECT_EQ(beat.free, sent_beat.free);
  EXPECT_EQ(beat.sequence, 7u);
  const auto sample = std::get<TrafficReport>(*decode(encode(messages[1]))).samples.at(0);
  EXPECT_EQ(sample.arrivals, 3u);
  EXPECT_EQ(sample.latency.count(), 3u);
  EXPECT_NEAR(sample.latency.quantile(1), 0.3, 0.003);
  EXPECT_DOUBLE_EQ(sample.latency.sum(), 0.4);
  const auto request = std::get<BidRequest>(*decode(encode(messages[2])));
  EXPECT_EQ(request.resources, (Resources{250, 1 << 20}));
  EXPECT_EQ(request.clouds, (std::vector<std::string>{"c1", "c2"}));
  EXPECT_EQ(std::get<Award>(*decode(encode(messages[4]))).generation, 0xfedcba9876543210ULL);
  const auto handover = std::get<Handover>(*decode(encode(messages[13])));
  const auto& sent_handover = std::get<Handover>(messages[13]);
  EXPECT_EQ(handover.past, sent_handover.past);
  EXPECT_EQ(handover.film, sent_handover.film);
  EXPECT_EQ(handover.sizer, sent_handover.sizer);
}

TEST(Codec, ATruncatedMessageIsAnError) {
  for (const auto& message : one_of_each()) {
    for (const WireForm form : {WireForm::kText, WireForm::kPacked}) {
      const auto bytes = encode(message, form);
      for (std::size_t length = 0; length < bytes.size(); ++length) {
        EXPECT_FALSE(decode(bytes.substr(0, length)).has_value()) << bytes.substr(0, length);
      }
    }
  }
}

TEST(Codec, IdsOfAPackedChangeAreBounded) {
  const auto of = [](const std::string& id, const std::string& node = "n") {
    const auto read = decode(R"({"kind":"change","of":[")" + node + R"(",1,2,1],"gone":[")" + id +
                             R"("],"protocol":1})");
    return read ? std::get<Change>(*read).gone.at(0) : read.error().message;
  };
  EXPECT_EQ(of("m*7*6"), "m-n-6-7");
  for (const auto* odd : {"m*7", "m*7*0*6", "m**6", "m*x*6", "m*7*!", "m*7*________________"})
    EXPECT_THAT(of(odd), testing::HasSubstr("id of a replica: expected")) << odd;
  EXPECT_THAT(of("m*7*6", "a*b"), testing::HasSubstr("id of a replica: expected"));
  EXPECT_THAT(of(std::string(900, 'm') + "*7*6", std::string(900, 'n')),
              testing::HasSubstr("longer than 1024 bytes"));
  Change many{"n", 1, 2, 1, {}, {}, {}, {}, {}, {}, {}, {}};
  many.gone.assign(5000, "m-n-6-7");
  const auto read = decode(encode(many, WireForm::kPacked));
  ASSERT_FALSE(read.has_value());
  EXPECT_THAT(read.error().message,
              testing::HasSubstr("field 'gone': expected a list of at most 4096"));
}

TEST(Codec, WhatIsTooLargeForItsReadersStaysTooLargePacked) {
  const HandoverRequest request{"b", std::string(kTextBytesMax, 'm')};
  EXPECT_GT(encode(request, WireForm::kPacked).size(), kMessageBytesMax)
      << "so that the sender sees it";
}

std::string damage(std::string bytes, Rng& rng) {
  for (auto n = 1 + rng.below(4); n > 0 && !bytes.empty(); --n) {
    const auto where = rng.below(bytes.size());
    switch (rng.below(3)) {
      case 0:
        bytes[where] = static_cast<char>(rng.below(256));
        break;
      case 1:
        bytes.erase(where, 1 + rng.below(8));
        break;
      default:
        bytes.insert(where, 1, "0123456789-.eE\"[]{},:*"[rng.below(22)]);
        break;
    }
  }
  return bytes;
}

TEST(Codec, RandomDamageNeverThrowsAndWhatIsStillReadCanBeWritten) {
  Rng rng(1);
  for (const auto& message : one_of_each()) {
    const auto text = encode(message), packed = encode(message, WireForm::kPacked);
    const auto inside = *unpack(packed, kMessageBytesMax);
    for (int i = 0; i < 3000; ++i) {
      for (const auto& damaged :
           {damage(text, rng), damage(packed, rng), pack(damage(inside, rng))}) {
        const auto read = decode(damaged);
        if (!read) continue;
        for (const WireForm form : {WireForm::kText, WireForm::kPacked})
          EXPECT_TRUE(decode(encode(*read, form)).has_value()) << encode(*read);
      }
    }
  }
}

/// Replaces one field, at a JSON pointer, of a valid message.
Result<Message> with(const Message& message, const std::string& pointer, const Json& value) {
  auto json = Json::parse(encode(message));
  json[Json::json_pointer(pointer)] = value;
  return decode(json.dump());
}

TEST(Codec, NumbersOutOfBoundsAreRefusedByName) {
  const auto all = one_of_each();
  const std::vector<std::tuple<Message, std::string, Json>> cases{
      {all[0], "/node/price", -0.01},
      {all[0], "/node/price", 1e300},
      {all[0], "/node/cpu", -1},
      {all[0], "/node/memory", 9'100'000'000'000'000},
      {all[0], "/node/memory", std::numeric_limits<std::uint64_t>::max()},
      {all[0], "/node/cpu", 1.5},
      {all[0], "/node/cpu", "many"},
      {all[0], "/sequence", -1},
      {all[0], "/replicas/0/state", 3},
      {all[0], "/replicas/0/cpu_cores",
       std::numeric_limits<double>::quiet_NaN()},  // written as null
      {all[0], "/replicas", "none"},
      {all[0], "/owned/0/slo", -1},
      {all[1], "/samples/0/in_flight", 1e10},
      {all[1], "/samples/0/arrivals", -5},
      {all[1], "/samples/0/latency/sum", -1},
      {all[1], "/samples/0/latency/first", 1'000'000},
      {all[1], "/samples/0/latency/first", -3},
      {all[1], "/second", -1},
      {all[2], "/count", 10'001},
      {all[2], "/clouds/0", 7},
      {all[3], "/price", nullptr},
      {all[3], "/reason", std::string(1025, 'x')},
      {all[4], "/generation", -1},
      {all[13], "/film", "0"},
      {all[13], "/film", "0G"},
      {all[13], "/film", std::string(2 * Handover::kFilmBytesMax + 2, '0')},
      {all[13], "/past/minutes/0", -2},
      {all[13], "/past/minutes", std::vector<int>(20'000, 1)},
      {all[13], "/past/partly/0/0", 3},
      {all[13], "/past/partly/0/1", 61},
      {all[13], "/past/seconds", std::vector<int>(3601, 1)},
      {all[13], "/past/first_second", 9'000'000'000'000'000},
      {all[13], "/usage/cpu/weights/1", -1},
      {all[13], "/usage/killed", -1},
      {all[13], "/size/decided", 350},
      {all[13], "/size/first/cpu", -1},
      {all[13], "/size/changed", -1},
  };
  for (const auto& [message, pointer, value] : cases) {
    const auto read = with(message, pointer, value);
    ASSERT_FALSE(read.has_value()) << pointer << " = " << value;
    EXPECT_EQ(read.error().code, ErrorCode::kInvalid);
    if (pointer.find("state") != std::string::npos) {
      EXPECT_EQ(read.error().message,
                "malformed message: field 'state': expected a whole number from 0 to 2");
    }
  }
  auto buckets = Json::array({-1});
  EXPECT_FALSE(with(all[1], "/samples/0/latency/buckets", buckets).has_value());
  EXPECT_FALSE(
      with(all[1], "/samples/0/latency/buckets", Json(std::vector<int>(5000, 1))).has_value());
  EXPECT_FALSE(with(all[1], "/samples/0/latency",
                    {{"first", 2000}, {"buckets", std::vector<int>(2, 1)}, {"sum", 1}})
                   .has_value())
      << "a latency that no heartbeat may tell";
}

TEST(Codec, AHeartbeatOfThousandsOfModelsIsReadPacked) {
  auto beat = std::get<Heartbeat>(one_of_each()[0]);
  const ModelSummary summary = beat.owned.at(0);
  for (int i = 0; i < 3000; ++i) {
    beat.owned.push_back(summary);
    beat.owned.back().model = fmt::format("model-{}", i);
    beat.owned.back().reason = fmt::format("p90 of {} requests/s in the next minute needs 3", i);
  }
  const std::string bytes = encode(beat);
  EXPECT_LT(bytes.size(), kMessageBytesMax);
  const auto read = decode(bytes);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(std::get<Heartbeat>(*read).owned.size(), beat.owned.size());
}

TEST(Codec, AReplicaIsOfTheNodeThatTellsOfIt) {
  const auto read = with(one_of_each()[0], "/replicas/0/node", "another");
  ASSERT_TRUE(read.has_value()) << read.error().message;
  const auto& beat = std::get<Heartbeat>(*read);
  EXPECT_EQ(beat.replicas.at(0).node, beat.node.name);
}

TEST(Codec, AMissingFieldIsNamed) {
  auto json = Json::parse(encode(one_of_each()[4]));
  json.erase("model");
  EXPECT_EQ(decode(json.dump()).error().message, "malformed message: field 'model' is missing");
}

TEST(Codec, AnotherProtocolAndAnUnknownKindSaySo) {
  const auto bid = one_of_each()[3];
  EXPECT_EQ(with(bid, "/protocol", 2).error().message,
            "message of protocol 2: this agent speaks 1");
  EXPECT_EQ(with(bid, "/kind", "gossip").error().message,
            "malformed message: unknown kind 'gossip'");
  EXPECT_FALSE(decode("{}").has_value());
  EXPECT_FALSE(decode("[]").has_value());
  EXPECT_FALSE(decode("null").has_value());
  EXPECT_EQ(decode("hello").error().message, "message is not JSON, or nested too deep");
}

TEST(Codec, AMessageThatIsTooLargeIsNotEvenParsed) {
  const auto read = decode(std::string(kMessageBytesMax + 1, ' '));
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, ErrorCode::kTooLarge);
}

TEST(Codec, DeepNestingIsAnErrorNotAnOverflow) {
  const std::size_t depth = kMessageBytesMax / 2;
  EXPECT_FALSE(decode(std::string(depth, '[')).has_value());
  EXPECT_FALSE(decode(std::string(depth, '[') + std::string(depth, ']')).has_value());
}

TEST(Codec, BytesThatAreNoUnicodeStillTravel) {
  const auto read = decode(encode(Bid{"r", "a\xff", 1, 0.1, ""}));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(std::get<Bid>(*read).node, "a\xEF\xBF\xBD") << "the replacement character";
}

}  // namespace
}  // namespace starling
