// An owner among two nodes, for the tests of what it does.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/owner.h"
#include "control/values_for_tests.h"

namespace starling::testing_values {

/// Node a, which owns the model, and node b. Decisions fall at 0 s and then 0.3 s after even
/// seconds.
class OwnerTest : public ::testing::Test {
 protected:
  OwnerTest() {
    spec_.policy = "static";
    hear(0s, {});
  }

  /// Both nodes beat; the replicas are told by the nodes that they name.
  void hear(Duration time, const std::vector<ReplicaStatus>& replicas) {
    ++sequence_;
    for (const auto& name : {"a", "b"}) {
      std::vector<ReplicaStatus> own;
      for (const auto& r : replicas) {
        if (r.node == name) own.push_back(r);
      }
      auto beat = heartbeat(node(name, "c1", fmt::format("z-{}", name)), sequence_, own);
      if (room_) beat.free = *room_;
      members_.on_heartbeat(beat, at(time));
    }
  }

  ModelOwner owner(Duration since = 0s) {
    return ModelOwner("a", "a.1", {spec_, 1}, at(since), options_);
  }
  OwnerContext context(Duration time) const { return {members_, demand_, at(time)}; }

  void demand(int from, int to, std::uint64_t rate) {
    for (int s = from; s < to; ++s) {
      TrafficSample sample;
      sample.model = "m";
      sample.arrivals = rate;
      demand_.add(at(std::chrono::seconds(s)), sample);
    }
  }

  static Decision decision(const Effects& effects) {
    const auto found = all<Decided>(effects);
    EXPECT_THAT(found, ::testing::SizeIs(1));
    return found.empty() ? Decision{} : found.front().decision;
  }

  /// Asks for replicas at `time` and returns the request's id.
  std::string ask(ModelOwner& owner, Duration time) {
    const auto requests = sent<BidRequest>(owner.on_tick(context(time)));
    EXPECT_THAT(requests, ::testing::SizeIs(1));
    return requests.empty() ? "" : requests.front().request;
  }

  ModelSpec spec_ = model("m", 1);
  OwnerOptions options_;
  Membership members_{{}};
  Demand demand_;
  std::optional<Resources> room_;  // that each node tells of; none: all of it
  std::uint64_t sequence_ = 0;
};

}  // namespace starling::testing_values
