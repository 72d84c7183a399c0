// Node a alone, driven by hand, for the tests of what an agent does.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/agent.h"
#include "control/ownership.h"
#include "control/values_for_tests.h"

namespace starling::testing_values {

/// Node a. It hears of node b whenever `b_beats` is set.
class AgentTest : public ::testing::Test {
 protected:
  void add(Effects effects) { effects_.insert(effects_.end(), effects.begin(), effects.end()); }

  /// Ticks ten times a second up to `until`; returns everything that was to be done.
  Effects run(Duration until) {
    effects_.clear();
    for (; now_ < until; now_ += 100ms) {
      if (b_beats && now_ % 500ms == 0us)
        add(agent_.on_message(heartbeat(node("b"), ++b_sequence_), at(now_)));
      add(agent_.on_tick(at(now_)));
    }
    return std::exchange(effects_, {});
  }

  Effects specs(const std::vector<ModelSpec>& models) {
    std::vector<StoredSpec> stored;
    for (const auto& m : models) stored.push_back({m, 1});
    return agent_.on_specs(stored, at(now_));
  }

  /// A model with one fixed replica that the given one of a and b owns.
  static ModelSpec owned_by(const std::string& name) {
    for (int i = 0;; ++i) {
      auto spec = model(fmt::format("m{}", i));
      spec.policy = "static";
      if (rendezvous_order(spec.name, {"a", "b"}).front() == name) return spec;
    }
  }

  /// Runs until node a, alone, has a ready replica of its own model; returns the replica's id.
  std::string with_replica(const ModelSpec& spec) {
    add(specs({spec}));
    const auto starts = all<StartReplicaEffect>(run(3s));
    EXPECT_THAT(starts, ::testing::SizeIs(1));
    const auto id = starts.at(0).replica.id;
    agent_.on_replica_event({ReplicaEvent::Kind::kReady, id, "10.0.0.1:80", 1s, ""}, at(now_));
    return id;
  }

  Agent agent_{node("a"), 1, at(0s)};
  Duration now_{0};
  bool b_beats = false;
  std::uint64_t b_sequence_ = 0;
  Effects effects_;
};

}  // namespace starling::testing_values
