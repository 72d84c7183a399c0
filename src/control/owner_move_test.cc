// An owner whose replica would be cheaper elsewhere: it moves, unless it may not run there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/owner.h"
#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;

/// Node a, where the model's replica runs, beside b at a quarter of the price, where another
/// model's does.
class Mover : public ::testing::Test {
 protected:
  Mover() { spec_.policy = "static"; }

  void hear(Duration time) {
    const auto tell = [&](const std::string& name, double price, const ModelSpec& runs) {
      const auto info = node(name, "c1", "z-" + name, price);
      auto beat = heartbeat(info, ++sequence_, {replica(name + ".1", runs, name)});
      members_.on_heartbeat(beat, at(time));
    };
    tell("a", 0.04, spec_);
    tell("b", 0.01, model("loud"));
  }

  /// Whether within three minutes a replica is asked for, to take the place of the one that runs.
  bool moves(const std::set<std::string>& apart) {
    ModelOwner owner("a", "a.1", {spec_, 1}, at(0s), {});
    for (Duration time{0}; time < 3min; time += 500ms) {
      hear(time);
      OwnerContext context{members_, demand_, at(time)};
      context.apart = &apart;
      if (!sent<BidRequest>(owner.on_tick(context)).empty()) return true;
    }
    return false;
  }

  ModelSpec spec_ = model("m", 1);
  Membership members_{{}};
  Demand demand_;
  std::uint64_t sequence_ = 0;
};

TEST_F(Mover, AReplicaGoesWhereItIsMuchCheaper) { EXPECT_TRUE(moves({})); }

TEST_F(Mover, NoMoveIsBegunToANodeThatRunsWhatTheModelKeepsApartFrom) {
  EXPECT_FALSE(moves({"loud"}));
}

TEST_F(Mover, WhatTheModelKeepsApartFromDoesNotMatterWhereItDoesNotRun) {
  EXPECT_TRUE(moves({"quiet"}));
}

}  // namespace
}  // namespace starling
