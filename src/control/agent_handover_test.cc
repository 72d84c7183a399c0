// Who comes into line for a model gets to know what the others in line know of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>

#include "control/agent.h"
#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Agents that hear each other at once; the gateway of the first sends requests.
class HandoverTest : public ::testing::Test {
 protected:
  Agent& add(const std::string& name) {
    auto& agent = *(agents_[name] = std::make_unique<Agent>(node(name), 1, at(now_)));
    pass_on(name, agent.on_specs({{spec_, 1}}, at(now_)));
    return agent;
  }
  void run(Duration length, std::uint64_t arrivals = 4) {
    for (const Duration until = now_ + length; now_ < until; now_ += 100ms) {
      for (auto& [name, agent] : agents_) pass_on(name, agent->on_tick(at(now_)));
      if (now_ % 1s != 500ms) continue;
      ModelTraffic traffic;
      traffic.model = spec_.name;
      traffic.arrivals = arrivals;
      auto& [name, agent] = *agents_.begin();
      pass_on(name, agent->on_traffic({traffic}, at(now_ - 500ms), at(now_)));
    }
  }
  void pass_on(const std::string& from, const Effects& effects) {
    for (const auto& effect : effects) {
      if (const auto* send = std::get_if<Send>(&effect)) {
        deliver(send->to, send->message);
      } else if (const auto* broadcast = std::get_if<Broadcast>(&effect)) {
        for (auto& [name, agent] : agents_) {
          if (name != from) deliver(name, broadcast->message);
        }
      } else if (const auto* film = std::get_if<TakeFilm>(&effect)) {
        films_[from] = film->film;
      }
    }
  }
  void deliver(const std::string& to, const Message& message) {
    requests_ += std::holds_alternative<HandoverRequest>(message);
    if (std::holds_alternative<Handover>(message)) {
      if (lose_handovers_-- > 0) return;
      ++handovers_;
    }
    const auto found = agents_.find(to);
    if (found != agents_.end()) pass_on(to, found->second->on_message(message, at(now_)));
  }
  const std::string& owner() { return agents_.begin()->second->ranked(spec_.name).front(); }
  const std::string& next() { return agents_.begin()->second->ranked(spec_.name).at(1); }
  /// Seconds of the model's demand that the node knows.
  std::size_t known_to(const std::string& name) {
    const Handover all = ask(name, name == owner() ? next() : owner());
    if (!all.past) return 0;
    const auto known = [](std::int64_t arrivals) { return arrivals >= 0; };
    const auto& seconds = all.past->seconds;
    return static_cast<std::size_t>(std::count_if(seconds.begin(), seconds.end(), known));
  }
  Handover ask(const std::string& name, const std::string& from) {
    const auto answers =
        sent<Handover>(agents_.at(name)->on_message(HandoverRequest{from, spec_.name}, at(now_)));
    return answers.empty() ? Handover{} : answers.front();
  }

  ModelSpec spec_ = model("m");
  std::map<std::string, std::unique_ptr<Agent>> agents_;
  std::map<std::string, std::string> films_;
  Duration now_{0};
  int requests_ = 0, handovers_ = 0;
  int lose_handovers_ = 0;  // the first so many
};

TEST_F(HandoverTest, ANewcomerThatTakesOverAModelKnowsItsPastAndItsWeights) {
  spec_.sizing = {SizingMode::kAuto, {50, 64 << 20}, {2000, 1 << 30}, 1min};
  add("a");
  add("b");
  run(4min);
  ASSERT_EQ(sent<Handover>(agents_.at(owner())->on_adapted("m", "film of m", at(now_))).size(), 1u);
  const std::string first = owner();
  // Newcomers until one of them decides for the model.
  char name = 'c';
  while (owner() == first && name <= 'z') {
    add(std::string(1, name++));
    run(15s);
  }
  ASSERT_NE(owner(), first) << "of so many one comes first";
  EXPECT_GT(known_to(owner()), 230u);
  EXPECT_EQ(films_[owner()], "film of m");
  const auto& decided = agents_.at(owner())->owner_of("m")->last_decision();
  ASSERT_TRUE(decided);
  EXPECT_THAT(decided->allocation.reason, testing::HasSubstr("req/s expected"))
      << "from its own decisions it would know too little yet";
  const Handover told = ask(owner(), next());
  ASSERT_TRUE(told.sizer);
  ASSERT_TRUE(told.sizer->decided);
  EXPECT_EQ(told.sizer->decided->size, spec_.resources);
}

TEST_F(HandoverTest, WhoIsNextInLineTakesOverWithTheWeightsThatTheOwnerTold) {
  add("a");
  add("b");
  run(1min);
  const std::string first = owner(), second = next();
  pass_on(first, agents_.at(first)->on_adapted("m", "film", at(now_)));
  run(1s);
  EXPECT_THAT(films_, IsEmpty()) << "it decides for nothing yet";
  agents_.erase(first);
  run(30s);
  EXPECT_EQ(films_[second], "film");
}

TEST_F(HandoverTest, ASizeIsToldToTheNextInLineAsSoonAsItIsDecided) {
  spec_.sizing = {SizingMode::kAuto, {50, 64 << 20}, {2000, 1 << 30}, 1min};
  add("a");
  add("b");
  run(4min);  // then neither waits for a past
  const auto told = [&] { return ask(next(), owner()).sizer; };
  ASSERT_TRUE(told());
  ASSERT_TRUE(told()->decided);
  EXPECT_EQ(told()->decided->size, spec_.resources);
  spec_.resources.cpu_millis *= 2;
  for (auto& [name, agent] : agents_) pass_on(name, agent->on_specs({{spec_, 2}}, at(now_)));
  run(3s);
  ASSERT_TRUE(told() && told()->decided);
  EXPECT_EQ(told()->decided->size, spec_.resources);
  EXPECT_EQ(told()->decided->first, spec_.resources);
  EXPECT_EQ(told()->decided->changed, at(4min));
}

TEST_F(HandoverTest, APastIsAskedForOnceAndAgainOnlyWhileNobodyAnswers) {
  add("a");
  run(2min);
  ASSERT_EQ(requests_, 0) << "there is nobody to ask";
  add("b");
  lose_handovers_ = 1;
  run(1min);
  EXPECT_EQ(requests_, 2);
  EXPECT_EQ(handovers_, 1);
  EXPECT_GT(known_to("b"), 110u);
}

TEST_F(HandoverTest, StrangersGetNothingAndAnAgentOfTheVersionBeforeIsNotAsked) {
  auto& agent = add("a");
  auto old = heartbeat(node("b"), 1);
  old.understands = 3;
  Effects all;
  for (; now_ < 4min; now_ += 100ms) {  // then it no longer waits for a past itself
    if (now_ % 500ms == 0us) {
      ++old.sequence;
      agent.on_message(old, at(now_));
    }
    for (auto& effect : agent.on_tick(at(now_))) all.push_back(std::move(effect));
  }
  EXPECT_THAT(sent<HandoverRequest>(all), IsEmpty());
  EXPECT_THAT(sent<Handover>(agent.on_message(HandoverRequest{"z", "m"}, at(now_))), IsEmpty());
  EXPECT_THAT(sent<Handover>(agent.on_message(HandoverRequest{"b", "m"}, at(now_))), SizeIs(1));
  EXPECT_THAT(sent<Handover>(agent.on_message(HandoverRequest{"b", "other"}, at(now_))), IsEmpty());
}

TEST_F(HandoverTest, APastFromTheFutureIsLeftOutAndSaid) {
  auto& agent = add("a");
  run(5s);
  Handover ahead{"b", "m", DemandPast{}, "", std::nullopt};
  ahead.past->first_second = 1'700'000'000 + 3600;
  ahead.past->seconds = {5};
  const auto notices = all<Notice>(agent.on_message(ahead, at(now_)));
  ASSERT_THAT(notices, SizeIs(1));
  EXPECT_THAT(notices[0].text, testing::HasSubstr("what node b hands over is left out"));
  EXPECT_THAT(all<Notice>(agent.on_message(ahead, at(now_))), IsEmpty()) << "said once";
  ahead.past->first_second = 1'700'000'004;  // its clock was set right
  const auto taken = all<Notice>(agent.on_message(ahead, at(now_)));
  ASSERT_THAT(taken, SizeIs(1));
  EXPECT_THAT(taken[0].text, testing::HasSubstr("node b handed over the past of model m"));
  run(5s);
  const auto second = at(now_ - 2s);
  EXPECT_EQ(agent.demand_in(second), (std::map<std::string, std::uint64_t>{{"m", 4}}));
}

}  // namespace
}  // namespace starling
