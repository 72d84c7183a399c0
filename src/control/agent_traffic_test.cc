// What gateways with nothing to report do not send, and whom a call for bids goes to in a large
// fleet.
#include <gtest/gtest.h>

#include "control/agent.h"
#include "control/ownership.h"
#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;

std::string owned_by(const std::string& name, const std::vector<std::string>& nodes) {
  for (int i = 0;; ++i) {
    auto model = fmt::format("m{}", i);
    if (rendezvous_order(model, nodes).front() == name) return model;
  }
}

TEST(AgentTraffic, OfModelsWithoutRequestsOthersHearNothingAndTheOwnerKnowsThatThereAreNone) {
  Agent agent(node("a"), 1, at(0s));
  const std::string here = owned_by("a", {"a", "b"}), there = owned_by("b", {"a", "b"});
  agent.on_specs({{model(here), 1}, {model(there), 1}}, at(0s));
  for (Duration now{}; now < 3s; now += 100ms) {
    if (now % 500ms == 0us)
      agent.on_message(heartbeat(node("b"), static_cast<std::uint64_t>(now / 500ms) + 1), at(now));
    agent.on_tick(at(now));
  }
  std::vector<ModelTraffic> idle(2);
  idle[0].model = here;
  idle[1].model = there;
  EXPECT_TRUE(sent<TrafficReport>(agent.on_traffic(idle, at(2s), at(3s))).empty());
  EXPECT_EQ(agent.demand_in(at(2s)), (std::map<std::string, std::uint64_t>{{here, 0}}));
}

TEST(AgentTraffic, InALargeFleetBidsAreAskedOfSomeThatHaveRoom) {
  Agent agent(node("a"), 1, at(0s));
  std::vector<std::string> names{"a"};
  for (int i = 0; i < 300; ++i) names.push_back(fmt::format("n{:03}", i));
  agent.on_specs({{model(owned_by("a", names)), 1}}, at(0s));
  std::set<std::string> asked;
  for (Duration now{}; now < 3s && asked.empty(); now += 100ms) {
    for (std::size_t i = 1; now % 500ms == 0us && i < names.size(); ++i) {
      auto beat = heartbeat(node(names[i]), static_cast<std::uint64_t>(now / 500ms) + 1);
      if (i % 3 == 0) beat.free = {100, 1 << 20};
      if (i % 5 == 0) beat.scheduling = Scheduling::kCordoned;
      agent.on_message(beat, at(now));
    }
    for (const auto& effect : agent.on_tick(at(now))) {
      if (const auto* broadcast = std::get_if<Broadcast>(&effect)) {
        EXPECT_FALSE(std::holds_alternative<BidRequest>(broadcast->message));
      }
      const auto* send = std::get_if<Send>(&effect);
      if (send != nullptr && std::holds_alternative<BidRequest>(send->message))
        asked.insert(send->to);
    }
  }
  EXPECT_EQ(asked.size(), 64u);
  for (const auto& name : asked) {
    const int i = std::stoi(name.substr(1)) + 1;
    EXPECT_NE(i % 3, 0) << name << " is full";
    EXPECT_NE(i % 5, 0) << name << " is cordoned";
  }
}

TEST(AgentTraffic, InALargeFleetALaterEpochIsToldWithTheNextBeat) {
  Agent agent(node("a"), 1, at(0s));
  std::vector<std::string> names{"a"};
  for (int i = 0; i < 300; ++i) names.push_back(fmt::format("n{:03}", i));
  const std::string mine = owned_by("a", names);
  agent.on_specs({{model(mine), 1}}, at(0s));
  const auto last_told = [&](const Effects& effects) -> std::optional<Epoch> {
    const auto beats = sent<Heartbeat>(effects);
    if (beats.empty() || beats.back().owned.empty()) return std::nullopt;
    return beats.back().owned.front().epoch;
  };
  std::vector<std::pair<Duration, Epoch>> told;
  const Epoch other = epoch_above(epoch_above(epoch_above(0, "x"), "y"), "z");
  for (Duration now{}; now < 7s; now += 100ms) {
    for (std::size_t i = 1; now % 500ms == 0us && i < names.size(); ++i) {
      auto beat = heartbeat(node(names[i]), static_cast<std::uint64_t>(now / 500ms) + 1);
      beat.understands = 1;
      agent.on_message(beat, at(now));
    }
    if (now == 5100ms) agent.on_message(AwardReply{"old", "n001", mine, {}, "", other}, at(now));
    if (const auto epoch = last_told(agent.on_tick(at(now)))) told.emplace_back(now, *epoch);
  }
  ASSERT_FALSE(told.empty());
  EXPECT_GE(told.back().first, 5100ms);
  EXPECT_LE(told.back().first, 5600ms);
  EXPECT_GT(told.back().second, other);
}

}  // namespace
}  // namespace starling
