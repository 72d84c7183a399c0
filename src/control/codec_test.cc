// The wire form: what is written is read back, and nothing that arrives can do harm.
#include "control/codec.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/rng.h"
#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;
using Json = nlohmann::json;

std::string any_text() { return *rc::gen::container<std::string>(rc::gen::inRange<char>(1, 127)); }
std::int64_t any_count(std::int64_t max = 9'000'000'000'000'000) {
  return *rc::gen::inRange<std::int64_t>(0, max);
}
double any_amount() { return std::fmod(std::abs(*rc::gen::arbitrary<double>()), 1e15); }
std::uint64_t any_hash() { return *rc::gen::arbitrary<std::uint64_t>(); }
int any_few() { return *rc::gen::inRange(0, 4); }
TimePoint any_time() { return TimePoint{Duration(any_count())}; }
Resources any_resources() { return {any_count(), any_count(), any_count(1'000'000)}; }

ReplicaStatus any_replica() {
  return {any_text(),
          any_text(),
          any_text(),
          any_hash(),
          static_cast<ReplicaState>(*rc::gen::inRange(0, 3)),
          any_text(),
          any_resources(),
          {any_few(), any_few()},
          *rc::gen::inRange(0, 1000),
          any_time(),
          Duration(any_count()),
          any_amount(),
          any_count(),
          any_count(),
          any_hash()};
}

TrafficSample any_sample() {
  LatencyHistogram latency;
  for (int i = any_few(); i > 0; --i) latency.add(any_amount(), any_hash() % 1000);
  const auto count = [] { return static_cast<std::uint64_t>(any_count()); };
  return {any_text(),   count(),      count(), count(),      count(),      count(),
          any_amount(), any_amount(), latency, any_amount(), any_amount(), count()};
}

std::optional<SizeSummary> any_size() {
  if (*rc::gen::arbitrary<bool>()) return std::nullopt;
  return SizeSummary{any_resources(), any_resources(), any_resources(), any_text()};
}

ModelSummary any_summary() {
  return {any_text(),
          any_text(),
          *rc::gen::inRange(0, 1000),
          any_amount(),
          any_amount(),
          any_amount(),
          any_amount(),
          any_text(),
          any_amount(),
          any_count(1000),
          any_amount(),
          any_amount(),
          any_amount(),
          Duration(any_count()),
          any_amount(),
          any_amount(),
          any_amount(),
          any_amount(),
          any_time(),
          any_text(),
          *rc::gen::inRange(0, 1000),
          *rc::gen::inRange(0, 1000),
          {any_amount(), any_amount()},
          {any_amount()},
          any_size(),
          any_hash(),
          *rc::gen::inRange(0, 1000),
          *rc::gen::inRange(0, 1000),
          *rc::gen::inRange(0, 1000),
          *rc::gen::inRange(0, 1000),
          any_text()};
}

Handover any_handover() {
  Handover m{any_text(), any_text(), std::nullopt, any_text(), std::nullopt};
  if (*rc::gen::arbitrary<bool>()) {
    DemandPast past{any_count(1'000'000), {}, any_count(1'000'000'000), {}};
    for (int i = any_few(); i > 0; --i) {
      const auto known = static_cast<std::uint8_t>(any_count(61));
      past.minutes.push_back({known > 0 ? static_cast<float>(any_count(10000)) : 0.0f, known});
    }
    for (int i = any_few(); i > 0; --i) past.seconds.push_back(any_count(1000) - 1);
    m.past = past;
  }
  if (*rc::gen::arbitrary<bool>()) {
    m.usage = UsageRecord{{{any_amount(), any_amount()}, any_time()},
                          {{any_amount()}, any_time()},
                          any_count(),
                          any_time(),
                          any_time(),
                          any_amount(),
                          any_amount(),
                          any_time()};
  }
  return m;
}

Message any_message() {
  const auto flag = [] { return *rc::gen::arbitrary<bool>(); };
  const auto replicas = [] {
    std::vector<ReplicaStatus> list;
    for (int i = any_few(); i > 0; --i) list.push_back(any_replica());
    return list;
  };
  switch (*rc::gen::inRange(0, 14)) {
    case 0: {
      Heartbeat m{{any_text(), any_text(), any_text(), any_text(), any_count(), any_count(),
                   any_amount(), any_text(), any_text()},
                  any_hash(),
                  any_hash(),
                  *rc::gen::arbitrary<bool>(),
                  any_resources(),
                  replicas(),
                  {},
                  *rc::gen::arbitrary<bool>(),
                  static_cast<Scheduling>(*rc::gen::inRange(0, 3)),
                  any_few(),
                  {}};
      for (int i = any_few(); i > 0; --i) m.owned.push_back(any_summary());
      return m;
    }
    case 1: {
      TrafficReport m{any_text(), any_time(), {}, flag()};
      for (int i = any_few(); i > 0; --i) m.samples.push_back(any_sample());
      return m;
    }
    case 2:
      return BidRequest{any_text(),      any_text(), any_text(),
                        any_resources(), any_few(),  {any_text()}};
    case 3:
      return Bid{any_text(), any_text(), any_few(), any_amount(), any_text(), any_hash()};
    case 4:
      return Award{any_text(), any_text(), any_text(), any_hash(), any_few(), any_hash()};
    case 5:
      return AwardReply{any_text(), any_text(), any_text(), replicas(), any_text(), any_hash()};
    case 6:
      return PurchaseOffer{any_text(),      any_text(),   any_text(),     any_text(),
                           any_resources(), {any_text()}, {any_amount()}, any_hash()};
    case 7:
      return PurchaseReply{any_text(), any_text(), any_text(), any_few(), any_text(), any_hash()};
    case 8:
      return Beat{any_text(), any_hash(), any_hash(), any_hash(), flag()};
    case 9:
      return Probe{any_text(), any_text(), any_text(), any_hash(), any_hash(), any_hash(), flag()};
    case 10: {
      ProbeAnswer m{any_text(),
                    any_text(),
                    any_text(),
                    any_text(),
                    any_hash(),
                    flag(),
                    Duration(any_count()),
                    std::nullopt};
      if (flag()) m.last = heartbeat(node(any_text()), any_hash(), replicas());
      return m;
    }
    case 11:
      return HandoverRequest{any_text(), any_text()};
    case 12:
      return any_handover();
    default:
      return StopReplica{any_text(), any_text(), any_text(), any_text(), any_text(), any_hash()};
  }
}

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
  const UsageRecord usage{
      {{0, 2.5, 1}, at(1s)}, {{0, 0, 3}, at(2s)}, 4, at(0s), at(2s), 5e8, 6e8, at(1s)};
  return {beat,
          TrafficReport{"a", at(1s), {sample}},
          BidRequest{"a.1/m/1", "a", "m", {250, 1 << 20}, 3, {"c1", "c2"}},
          Bid{"a.1/m/1", "b", 2, 0.012, "500m CPU free", 7},
          Award{"a.1/m/1", "a", "m", 0xfedcba9876543210ULL, 2, 7},
          AwardReply{"a.1/m/1", "b", "m", {replica("r1", spec, "b")}, "refused", 7},
          StopReplica{"a", "m", "r1", "too many", "n", 7},
          PurchaseOffer{"a.1/m/2", "a", "m", "n", {250, 1 << 20}, {"c1"}, {41.5, 20}, 7},
          PurchaseReply{"a.1/m/2", "m", "n", 1, "it has no more than its minimum", 7},
          Beat{"a", 1, 8, 7},
          Probe{"a", "b", "c", 3, 1, 7, true},
          ProbeAnswer{"b", "a", "c", "c", 3, true, 120ms, beat},
          HandoverRequest{"b", "m"},
          Handover{"a", "m", past, std::string("\x01\xff\0film", 7), usage}};
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
  EXPECT_EQ(handover.usage, sent_handover.usage);
}

TEST(Codec, ATruncatedMessageIsAnError) {
  for (const auto& message : one_of_each()) {
    const auto bytes = encode(message);
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      EXPECT_FALSE(decode(bytes.substr(0, length)).has_value()) << bytes.substr(0, length);
    }
  }
}

TEST(Codec, RandomDamageNeverThrowsAndWhatIsStillReadCanBeWritten) {
  Rng rng(1);
  for (const auto& message : one_of_each()) {
    const auto bytes = encode(message);
    for (int i = 0; i < 3000; ++i) {
      auto damaged = bytes;
      for (auto n = 1 + rng.below(4); n > 0; --n) {
        const auto where = rng.below(damaged.size());
        switch (rng.below(3)) {
          case 0:
            damaged[where] = static_cast<char>(rng.below(256));
            break;
          case 1:
            damaged.erase(where, 1 + rng.below(8));
            break;
          default:
            damaged.insert(where, 1, "0123456789-.eE\"[]{},:"[rng.below(21)]);
            break;
        }
        if (damaged.empty()) break;
      }
      const auto read = decode(damaged);
      if (read) {
        EXPECT_TRUE(decode(encode(*read)).has_value()) << damaged;
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
      {all[1], "/samples/0/in_flight", 1e16},
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
  EXPECT_EQ(decode("hello").error().message, "message is not JSON");
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
