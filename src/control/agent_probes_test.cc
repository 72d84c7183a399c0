// An agent among others: whom it asks about the silent, what it answers, what it makes of answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/agent.h"
#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;
using ::testing::Each;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Node a beside b, c and d, which beat twice a second as long as they are in `beating`.
class ProbesTest : public ::testing::Test {
 protected:
  Heartbeat next(const std::string& name) {
    auto beat = heartbeat(node(name), ++sequences_[name]);
    beat.understands = understands_;
    return beat;
  }
  Effects run(Duration span) {
    Effects all;
    const auto add = [&](Effects more) { all.insert(all.end(), more.begin(), more.end()); };
    for (const Duration end = now_ + span; now_ < end; now_ += 100ms) {
      for (const auto& name : beating_) {
        if (now_ % 500ms == 0us) add(agent_.on_message(next(name), at(now_)));
      }
      add(agent_.on_tick(at(now_)));
    }
    return all;
  }
  MemberState state(const std::string& name) { return agent_.membership().find(name)->state; }
  /// Sends of one kind with their receivers.
  template <typename T>
  static std::vector<std::pair<std::string, T>> sends(const Effects& effects) {
    std::vector<std::pair<std::string, T>> found;
    for (const auto& effect : effects) {
      const auto* send = std::get_if<Send>(&effect);
      if (send != nullptr && std::holds_alternative<T>(send->message))
        found.emplace_back(send->to, std::get<T>(send->message));
    }
    return found;
  }

  Agent agent_{node("a"), 1, at(0s)};
  std::set<std::string> beating_{"b", "c", "d"};
  std::map<std::string, std::uint64_t> sequences_;
  int understands_ = 1;
  Duration now_{0};
};

TEST_F(ProbesTest, BeatsAreBriefOnceAllReadThemSo) {
  const auto brief = [](const Effects& effects) {
    std::vector<bool> each;
    for (const auto& effect : effects) {
      const auto* broadcast = std::get_if<Broadcast>(&effect);
      if (broadcast == nullptr) continue;
      if (const auto* beat = std::get_if<Beat>(&broadcast->message)) each.push_back(beat->brief);
    }
    return each;
  };
  understands_ = 2;
  const auto before = brief(run(10s));
  EXPECT_THAT(before, AllOf(Not(IsEmpty()), Each(false)));
  understands_ = 3;
  run(2s);
  EXPECT_THAT(brief(run(5s)), AllOf(Not(IsEmpty()), Each(true)));
  auto old = heartbeat(node("e"), 1);
  old.understands = 2;
  agent_.on_message(old, at(now_));
  EXPECT_THAT(brief(run(1s)), Each(false));
}

TEST_F(ProbesTest, NobodyIsAskedWhileAllBeat) { EXPECT_THAT(sends<Probe>(run(20s)), IsEmpty()); }

TEST_F(ProbesTest, TheSilentIsAskedStraightAndThroughAllOthersBeforeItIsSuspect) {
  run(5s);
  beating_.erase("b");
  const auto probes = sends<Probe>(run(700ms));
  ASSERT_EQ(state("b"), MemberState::kAlive);
  std::set<std::string> to;
  for (const auto& [receiver, probe] : probes) {
    EXPECT_EQ(probe.target, "b");
    EXPECT_EQ(probe.from, "a");
    EXPECT_EQ(probe.via, receiver == "b" ? "" : receiver);
    EXPECT_FALSE(probe.suspected);
    to.insert(receiver);
  }
  EXPECT_EQ(to, (std::set<std::string>{"b", "c", "d"}));
  const auto later = sends<Probe>(run(500ms));
  ASSERT_EQ(state("b"), MemberState::kSuspect);
  ASSERT_FALSE(later.empty());
  EXPECT_TRUE(later.back().second.suspected) << "so that it can show itself at once";
}

TEST_F(ProbesTest, AnAgentOfTheVersionBeforeIsJudgedByItsHeartbeatsAndSeesFullOnes) {
  understands_ = 0;
  const auto calm = run(5s);
  for (const auto& effect : calm) {
    const auto* broadcast = std::get_if<Broadcast>(&effect);
    if (broadcast == nullptr) continue;
    EXPECT_TRUE(std::holds_alternative<Heartbeat>(broadcast->message));
  }
  beating_.erase("b");
  EXPECT_THAT(sends<Probe>(run(3s)), IsEmpty()) << "nobody would understand";
  EXPECT_EQ(state("b"), MemberState::kDead);
}

TEST_F(ProbesTest, WithNothingNewMostBeatsAreWithoutContent) {
  run(5s);
  int beats = 0, heartbeats = 0;
  for (const auto& effect : run(15s)) {
    const auto* broadcast = std::get_if<Broadcast>(&effect);
    if (broadcast == nullptr) continue;
    beats += std::holds_alternative<Beat>(broadcast->message);
    heartbeats += std::holds_alternative<Heartbeat>(broadcast->message);
  }
  EXPECT_EQ(beats + heartbeats, 30);
  EXPECT_EQ(heartbeats, 10);
}

TEST_F(ProbesTest, AnAnswerThroughAnotherClearsTheSuspicion) {
  run(5s);
  beating_.erase("b");
  run(1500ms);
  ASSERT_EQ(state("b"), MemberState::kSuspect);
  agent_.on_message(ProbeAnswer{"a", "b", "c", "b", 1, false, 0ms, next("b")}, at(now_));
  EXPECT_EQ(state("b"), MemberState::kAlive);
  // And so it stays while answers come, however long its heartbeats do not.
  for (int i = 0; i < 200; ++i) {
    for (const auto& [to, probe] : sends<Probe>(run(100ms))) {
      if (to != "c") continue;
      agent_.on_message(ProbeAnswer{"a", "b", "c", "b", probe.number, false, 0ms, next("b")},
                        at(now_));
    }
    ASSERT_EQ(state("b"), MemberState::kAlive) << i;
  }
}

TEST_F(ProbesTest, WhoIsAskedAlsoSaysWhatItHeardItself) {
  run(5s);
  beating_.erase("b");
  run(1s);
  const auto newest = next("b");
  agent_.on_message(ProbeAnswer{"a", "b", "c", "c", 1, false, 300ms, newest}, at(now_));
  EXPECT_EQ(agent_.membership().find("b")->heard, at(now_ - 300ms));
  agent_.on_message(ProbeAnswer{"a", "b", "d", "d", 1, false, 100ms, newest}, at(now_));
  EXPECT_EQ(agent_.membership().find("b")->heard, at(now_ - 300ms))
      << "the same heartbeat is no new sign of life";
}

TEST_F(ProbesTest, DeathComesSoonerWhereOthersMissTheNodeToo) {
  run(5s);
  beating_.erase("b");
  const Duration since = now_;
  const auto dies_after = [&](bool agreed) {
    while (state("b") != MemberState::kDead) {
      for (const auto& [to, probe] : sends<Probe>(run(100ms))) {
        if (to == "b") continue;
        agent_.on_message(ProbeAnswer{"a", "b", to, to, probe.number, agreed, 1s, std::nullopt},
                          at(now_));
      }
    }
    return now_ - since;
  };
  const Duration agreed = dies_after(true);
  EXPECT_LE(agreed, 2s);
}

TEST_F(ProbesTest, WithNoAnswerFromAnybodyItDoubtsItself) {
  run(5s);
  beating_.clear();
  run(2100ms);
  EXPECT_GT(agent_.membership().detector().slowness(), 0);
  EXPECT_EQ(state("b"), MemberState::kSuspect) << "later than it would be otherwise";
  run(4s);
  EXPECT_EQ(state("b"), MemberState::kDead) << "but it is not patient for ever";
}

TEST_F(ProbesTest, ASuspectShowsItselfAtOnce) {
  run(5100ms);
  const auto effects = agent_.on_message(Probe{"b", "a", "c", 9, 1, 1, true}, at(now_));
  const auto answers = sends<ProbeAnswer>(effects);
  ASSERT_THAT(answers, SizeIs(1));
  EXPECT_EQ(answers[0].first, "c") << "back the way that the probe came";
  ASSERT_TRUE(answers[0].second.last);
  EXPECT_EQ(answers[0].second.last->node.name, "a");
  const auto next_tick = run(100ms);
  EXPECT_TRUE(std::any_of(next_tick.begin(), next_tick.end(), [](const Effect& effect) {
    const auto* broadcast = std::get_if<Broadcast>(&effect);
    return broadcast != nullptr && std::holds_alternative<Heartbeat>(broadcast->message);
  }));
  EXPECT_EQ(agent_.membership().detector().slowness(), 1);
}

TEST_F(ProbesTest, PassesProbesAndAnswersOnForOthers) {
  run(5s);
  const auto effects = agent_.on_message(Probe{"b", "c", "a", 9, 1, 1, false}, at(now_));
  const auto passed = sends<Probe>(effects);
  ASSERT_THAT(passed, SizeIs(1));
  EXPECT_EQ(passed[0].first, "c");
  const auto answers = sends<ProbeAnswer>(effects);
  ASSERT_THAT(answers, SizeIs(1));
  EXPECT_EQ(answers[0].first, "b");
  EXPECT_FALSE(answers[0].second.misses);
  EXPECT_TRUE(answers[0].second.last) << "it heard more of c than b has";
  const ProbeAnswer by_target{"b", "c", "a", "c", 9, false, 0ms, next("c")};
  const auto back = sends<ProbeAnswer>(agent_.on_message(by_target, at(now_)));
  ASSERT_THAT(back, SizeIs(1));
  EXPECT_EQ(back[0].first, "b");
  EXPECT_THAT(agent_.on_message(Probe{"b", "unknown", "a", 9, 1, 1, false}, at(now_)), IsEmpty());
}

TEST_F(ProbesTest, ContentThatWasMissedIsFetched) {
  run(5s);
  beating_.erase("b");
  agent_.on_message(Beat{"b", 1, ++sequences_["b"], sequences_["b"] - 1}, at(now_));
  EXPECT_THAT(sends<Probe>(run(200ms)), IsEmpty());
  ++sequences_["b"];
  agent_.on_message(Beat{"b", 1, ++sequences_["b"], sequences_["b"] - 1}, at(now_));
  const auto probes = sends<Probe>(run(200ms));
  ASSERT_THAT(probes, SizeIs(1));
  EXPECT_EQ(probes[0].first, "b");
  agent_.on_message(ProbeAnswer{"a", "b", "", "b", probes[0].second.number, false, 0ms, next("b")},
                    at(now_));
  EXPECT_FALSE(agent_.membership().find("b")->content_missed);
  agent_.on_message(Beat{"e", 1, 7, 5}, at(now_));
  EXPECT_EQ(agent_.membership().find("e"), nullptr) << "a beat alone says too little of a newcomer";
}

}  // namespace
}  // namespace starling
