// Messages with any content that agents could send, for properties of the codec.
#pragma once

#include <fmt/format.h>
#include <rapidcheck.h>

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "control/digest.h"
#include "control/messages.h"
#include "control/values_for_tests.h"

namespace starling::testing_values {

inline std::string any_text() {
  return *rc::gen::container<std::string>(rc::gen::inRange<char>(1, 127));
}
inline std::int64_t any_count(std::int64_t max = 9'000'000'000'000'000) {
  return *rc::gen::inRange<std::int64_t>(0, max);
}
inline double any_amount() { return std::fmod(std::abs(*rc::gen::arbitrary<double>()), 1e15); }
inline double any_requests() { return std::fmod(any_amount(), 1e9); }
inline std::uint64_t any_hash() { return *rc::gen::arbitrary<std::uint64_t>(); }
inline int any_few() { return *rc::gen::inRange(0, 4); }
inline TimePoint any_time() { return TimePoint{Duration(any_count())}; }
inline Resources any_resources() { return {any_count(), any_count(), any_count(1'000'000)}; }

inline StopReplica any_stop() {
  StopReplica stop{any_text(), any_text(), any_text(), any_text(), any_text(), any_hash()};
  if (!stop.sold_to.empty()) stop.sold_size = any_resources();
  return stop;
}

inline ReplicaStatus any_replica() {
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

inline TrafficSample any_sample() {
  LatencyHistogram latency;
  for (int i = any_few(); i > 0; --i) latency.add(any_requests(), any_hash() % 1000);
  const auto count = [] { return static_cast<std::uint64_t>(any_count()); };
  return {any_text(),     count(),        count(), count(),      count(),      count(),
          any_requests(), any_requests(), latency, any_amount(), any_amount(), count()};
}

inline std::optional<SizeSummary> any_size() {
  if (*rc::gen::arbitrary<bool>()) return std::nullopt;
  return SizeSummary{any_resources(), any_resources(), any_resources(), any_text()};
}

inline ModelSummary any_summary() {
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
          any_text(),
          any_text()};
}

inline Handover any_handover() {
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
    m.sizer = {UsageRecord{{{any_amount(), any_amount()}, any_time()},
                           {{any_amount()}, any_time()},
                           any_count(),
                           any_time(),
                           any_time(),
                           any_amount(),
                           any_amount(),
                           any_time()},
               std::nullopt};
    if (*rc::gen::arbitrary<bool>())
      m.sizer->decided = {any_resources(), any_resources(), any_time()};
  }
  return m;
}

/// As the ledger makes ids, or anything else that an id could be.
inline std::string any_id(const std::string& model, const std::string& node) {
  if (*rc::gen::arbitrary<bool>()) return "id of another kind " + model;
  return fmt::format("{}-{}-{:x}-{}", model, node, any_hash(), any_few());
}

inline Change any_change() {
  const std::string node = "n-" + std::to_string(any_few());
  Change m{node, any_hash(), any_hash(), any_hash(), std::nullopt, false, {}, {}, {}, {}, {}, {}};
  if (*rc::gen::arbitrary<bool>()) m.free = any_resources();
  m.without_specs = *rc::gen::arbitrary<bool>();
  m.scheduling = static_cast<Scheduling>(*rc::gen::inRange(0, 3));
  for (int i = any_few(); i > 0; --i) {
    const std::string model = "m-" + std::to_string(any_few());
    auto replica = any_replica();
    replica.node = node;
    replica.model = model;
    replica.id = any_id(model, node);
    m.replicas.push_back(replica);
    m.turned.push_back({any_id(model, node), ReplicaState::kReady, "", {}});
    m.gone.push_back(any_id(model, node));
    m.disowned.push_back(model);
    m.owned.push_back(any_summary());
  }
  return m;
}

inline Digest any_digest() {
  Digest m{any_text(), "c0012abc9.0.1", any_hash(), {}, {}};
  for (int i = any_few(); i > 0; --i) {
    if (*rc::gen::arbitrary<bool>()) m.names.push_back({any_text(), any_hash()});
    m.nodes.push_back(
        {static_cast<MemberState>(*rc::gen::inRange(0, 4)), {}, content_bits(any_hash())});
  }
  return m;
}

inline Message any_message() {
  const auto flag = [] { return *rc::gen::arbitrary<bool>(); };
  const auto replicas = [] {
    std::vector<ReplicaStatus> list;
    for (int i = any_few(); i > 0; --i) list.push_back(any_replica());
    return list;
  };
  const auto of_its_node = [](Heartbeat beat) {
    for (auto& replica : beat.replicas) replica.node = beat.node.name;
    return beat;
  };
  switch (*rc::gen::inRange(0, 17)) {
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
      return of_its_node(m);
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
      return Bid{any_text(),
                 any_text(),
                 any_few(),
                 any_amount(),
                 any_text(),
                 any_hash(),
                 flag(),
                 *rc::gen::element(BidLimit::kOther, BidLimit::kBudget, BidLimit::kFailedHere)};
    case 4:
      return Award{any_text(), any_text(), any_text(), any_hash(), any_few(), any_hash()};
    case 5:
      return AwardReply{any_text(), any_text(), any_text(), replicas(), any_text(), any_hash()};
    case 6:
      return PurchaseOffer{any_text(),      any_text(),   any_text(),     any_text(),
                           any_resources(), {any_text()}, {any_amount()}, any_hash()};
    case 7:
      return PurchaseReply{any_text(), any_text(), any_text(),  any_few(),
                           any_text(), any_hash(), {any_text()}};
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
      if (flag()) m.last = of_its_node(heartbeat(node(any_text()), any_hash(), replicas()));
      return m;
    }
    case 11:
      return HandoverRequest{any_text(), any_text()};
    case 12:
      return any_handover();
    case 13:
      return any_change();
    case 14:
      return any_digest();
    case 15:
      return RosterRequest{any_text(), "c0012abc9.0.1"};
    default:
      return any_stop();
  }
}

}  // namespace starling::testing_values
