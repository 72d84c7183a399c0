// An agent in a fleet of several cells: what it says to whom, and what it makes of digests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "control/agent.h"
#include "control/cells.h"
#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int kOthers = 89;

/// Node a of cloud c0 among others of three clouds. Those of its own cloud beat; of the two others
/// relays tell, as long as they are in `told`.
class CellsTest : public ::testing::Test {
 protected:
  CellsTest() {
    for (int i = 0; i < kOthers; ++i)
      others_[fmt::format("n{:02}", i)] = node(fmt::format("n{:02}", i), fmt::format("c{}", i % 3));
    add(agent_.on_specs({{model("m"), 1}}, at(now_)));
  }
  Heartbeat next(const std::string& name) {
    auto beat = heartbeat(others_.at(name), ++sequences_[name]);
    beat.understands = understands_;
    return beat;
  }
  void add(Effects more) { effects_.insert(effects_.end(), more.begin(), more.end()); }
  /// All say once who they are; then only the near ones are heard.
  void meet() {
    for (const auto& [name, info] : others_) {
      add(agent_.on_message(next(name), at(now_)));
      contents_[name] = sequences_[name];
    }
    run(5s);
  }
  static std::string cell_of_cloud(const std::string& cloud) {
    return cell_of(cell_path(node("any", cloud)), 0);
  }
  Digest digest(const std::string& cloud, const std::string& relay) {
    Digest digest{relay, cell_of_cloud(cloud), 0, {}, {}};
    for (const auto& [name, info] : others_) {
      if (info.cloud != cloud) continue;
      digest.names.push_back({name, 1});
      const bool dead = dead_.contains(name) && !thinks_alive_.contains(relay);
      digest.nodes.push_back({dead ? MemberState::kDead : MemberState::kAlive, 200ms,
                              content_bits(contents_.at(name))});
    }
    digest.roster = roster_id(digest.names);
    return digest;
  }
  Effects run(Duration span) {
    effects_.clear();
    for (const Duration end = now_ + span; now_ < end; now_ += 100ms) {
      for (const auto& [name, info] : others_) {
        if (info.cloud != "c0" || now_ % 500ms != 0us || silent_.contains(name)) continue;
        const Beat beat{name, 1, ++sequences_[name], contents_[name]};
        add(agent_.on_message(beat, at(now_)));
      }
      if (now_ % 1s == 300ms) {
        for (const auto& [cloud, relays] : told_) {
          const auto& relay = relays[static_cast<std::size_t>(now_ / 1s) % relays.size()];
          add(agent_.on_message(digest(cloud, relay), at(now_)));
        }
      }
      add(agent_.on_tick(at(now_)));
    }
    return effects_;
  }
  MemberState state(const std::string& name) { return agent_.membership().find(name)->state; }
  int in_state(MemberState state) {
    const auto& members = agent_.membership().members();
    return static_cast<int>(std::count_if(members.begin(), members.end(), [&](const auto& entry) {
      return entry.second.state == state;
    }));
  }
  template <typename T>
  static std::vector<T> broadcast(const Effects& effects) {
    std::vector<T> found;
    for (const auto& one : all<Broadcast>(effects)) {
      if (const auto* m = std::get_if<T>(&one.message)) found.push_back(*m);
    }
    return found;
  }

  Agent agent_{node("a", "c0"), 1, at(0s)};
  std::map<std::string, NodeInfo> others_;
  std::map<std::string, std::uint64_t> sequences_, contents_;
  std::map<std::string, std::vector<std::string>> told_{{"c1", {"n01", "n04"}},
                                                        {"c2", {"n02", "n05"}}};
  std::set<std::string> silent_, dead_, thinks_alive_;
  int understands_ = kUnderstands;
  Duration now_{0};
  Effects effects_;
};

TEST_F(CellsTest, ItListensToItsCloudAndBeatsToItAlone) {
  meet();
  const auto listens = all<Listen>(effects_);
  ASSERT_THAT(listens, SizeIs(1));
  EXPECT_EQ(listens[0].scope, cell_of_cloud("c0"));
  const auto later = run(10s);
  EXPECT_THAT(broadcast<Heartbeat>(later), IsEmpty());
  EXPECT_THAT(broadcast<Beat>(later), IsEmpty());
  EXPECT_THAT(sent<Probe>(later), IsEmpty());
  const auto told = all<Tell>(later);
  EXPECT_GE(told.size(), 19u);
  for (const auto& tell : told) {
    EXPECT_EQ(tell.path, cell_path(node("a", "c0")));
    EXPECT_TRUE(std::holds_alternative<Beat>(tell.message));
  }
}

TEST_F(CellsTest, WhoIsOnlyToldOfLivesAsLongAsItIsToldOf) {
  meet();
  run(60s);
  EXPECT_EQ(in_state(MemberState::kAlive), kOthers + 1);
  EXPECT_FALSE(agent_.membership().find("n00")->far);
  EXPECT_TRUE(agent_.membership().find("n01")->far);
}

TEST_F(CellsTest, ADeathThatARelayTellsOfIsBelievedWithinASecondOrTwo) {
  meet();
  run(2s);
  dead_ = {"n07"};
  run(2500ms);
  EXPECT_EQ(state("n07"), MemberState::kDead);
  EXPECT_EQ(in_state(MemberState::kAlive), kOthers);
  dead_.clear();
  run(2s);
  EXPECT_EQ(state("n07"), MemberState::kAlive) << "its relays hear it again";
}

TEST_F(CellsTest, ARelayThatIsWrongIsOverruledByOneThatHearsTheNode) {
  meet();
  dead_ = {"n07"};
  thinks_alive_ = {"n04"};
  for (int i = 0; i < 200; ++i) {
    // The other relay of the cell puts it right at once.
    add(agent_.on_message(digest("c1", "n01"), at(now_)));
    add(agent_.on_message(digest("c1", "n04"), at(now_)));
    told_ = {{"c2", {"n02"}}};
    run(100ms);
    ASSERT_NE(state("n07"), MemberState::kDead);
  }
}

TEST_F(CellsTest, ACellThatNobodySpeaksForIsAskedAndThenTakenForDead) {
  meet();
  told_.erase("c2");
  const auto asking = run(7s);
  const auto asked = sent<RosterRequest>(asking).size();
  EXPECT_GE(asked, 3u);
  EXPECT_LE(asked, 7u) << "one of its nodes a second";
  EXPECT_THAT(sent<Probe>(asking), IsEmpty());
  run(10s);
  EXPECT_EQ(in_state(MemberState::kDead), 29);
  for (const auto& [name, info] : others_) {
    const auto expected = info.cloud == "c2" ? MemberState::kDead : MemberState::kAlive;
    EXPECT_EQ(state(name), expected) << name;
  }
  told_["c2"] = {"n02"};
  run(2s);
  EXPECT_EQ(in_state(MemberState::kAlive), kOthers + 1) << "the path is open again";
}

TEST_F(CellsTest, NodesOfItsOwnCellAreJudgedByItself) {
  meet();
  silent_ = {"n03"};
  run(4s);
  EXPECT_EQ(state("n03"), MemberState::kDead);
}

TEST_F(CellsTest, WhatChangesIsToldToEverybodyOnceAndByDifferences) {
  meet();
  const auto quiet = run(10s);
  EXPECT_LE(broadcast<Change>(quiet).size(), 3u) << "figures";
  effects_.clear();
  add(agent_.set_scheduling(Scheduling::kCordoned, at(now_)));
  const auto told = broadcast<Change>(run(1s));
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].scheduling, Scheduling::kCordoned);
  EXPECT_THAT(broadcast<Heartbeat>(effects_), IsEmpty());
}

TEST_F(CellsTest, AChangeOfAFarNodeIsTakenInAndOneThatWasMissedIsFetched) {
  meet();
  const auto spec = model("m");
  Change change{"n01",
                1,
                sequences_["n01"] + 10,
                contents_["n01"],
                {},
                false,
                Scheduling::kOpen,
                {replica("m-n01-1", spec, "n01")},
                {},
                {},
                {},
                {}};
  add(agent_.on_message(change, at(now_)));
  contents_["n01"] = change.sequence;
  const auto routes = all<SetRoutes>(run(1s));
  ASSERT_FALSE(routes.empty());
  EXPECT_THAT(routes.back().routes.at("m"), SizeIs(1));

  // The next one is lost: the digest tells that there was one.
  contents_["n01"] += 5;
  const auto asking = run(2s);
  const auto probes = sent<Probe>(asking);
  ASSERT_FALSE(probes.empty());
  EXPECT_EQ(probes[0].target, "n01");
  auto whole = heartbeat(others_.at("n01"), contents_["n01"] + 3);
  whole.understands = kUnderstands;
  whole.content = contents_["n01"];
  add(agent_.on_message(ProbeAnswer{"a", "n01", "", "n01", probes[0].number, false, {}, whole},
                        at(now_)));
  EXPECT_THAT(sent<Probe>(run(5s)), IsEmpty());
  EXPECT_THAT(agent_.membership().replicas_of("m"), IsEmpty());
}

TEST_F(CellsTest, ANodeThatDigestsNameAndNobodyKnowsIsAskedWhatItIs) {
  meet();
  others_["n98"] = node("n98", "c1");
  contents_["n98"] = 1;
  const auto probes = sent<Probe>(run(2s));
  ASSERT_FALSE(probes.empty());
  EXPECT_EQ(probes[0].target, "n98");
}

TEST_F(CellsTest, AnUnknownRosterIsAskedForOnceInAWhile) {
  meet();
  auto unknown = digest("c1", "n01");
  unknown.roster += 1;
  unknown.names.clear();
  effects_.clear();
  for (int i = 0; i < 10; ++i) add(agent_.on_message(unknown, at(now_)));
  EXPECT_THAT(sent<RosterRequest>(effects_), SizeIs(1));
}

TEST_F(CellsTest, WhileAnAgentOfTheVersionBeforeIsThereAllIsToldToAll) {
  meet();
  understands_ = 1;
  add(agent_.on_message(next("n10"), at(now_)));
  const auto later = run(3s);
  ASSERT_FALSE(all<Listen>(later).empty());
  EXPECT_EQ(all<Listen>(later)[0].scope, "");
  EXPECT_FALSE(broadcast<Heartbeat>(later).empty());
  EXPECT_THAT(all<Tell>(later), IsEmpty());
}

TEST_F(CellsTest, MessagesArePackedOnceEverybodyReadsThem) {
  EXPECT_FALSE(agent_.packs(at(now_))) << "alone, there is nothing to gain";
  meet();
  run(10s);
  EXPECT_TRUE(agent_.packs(at(now_)));
  understands_ = kUnderstandsPacked - 1;
  agent_.on_message(next("n51"), at(now_));
  EXPECT_FALSE(agent_.packs(at(now_)));
  silent_.insert("n51");
  run(10s);
  ASSERT_EQ(state("n51"), MemberState::kDead);
  EXPECT_FALSE(agent_.packs(at(now_))) << "it may hear all the same";
  auto last = next("n51");
  last.leaving = true;
  agent_.on_message(last, at(now_));
  EXPECT_TRUE(agent_.packs(at(now_))) << "it has left";
  understands_ = kUnderstands;
  agent_.on_message(next("n51"), at(now_));
  run(1s);
  EXPECT_TRUE(agent_.packs(at(now_)));
}

TEST_F(CellsTest, ARelaySpeaksForItsCellAndTellsAtOnceWhoDied) {
  meet();
  const auto cell = cell_of_cloud("c0");
  auto near = agent_.membership().near();
  ASSERT_THAT(near, SizeIs(31));
  // Those that come before this node as relays die, until it is one.
  while (true) {
    const auto relays = relays_of(cell, agent_.membership().near());
    if (std::find(relays.begin(), relays.end(), "a") != relays.end()) break;
    silent_.insert(relays.begin(), relays.end());
    run(4s);
  }
  const auto digests = broadcast<Digest>(run(30s));
  EXPECT_GE(digests.size(), 8u) << "every third second or more often";
  EXPECT_LE(digests.size(), 31u);
  EXPECT_TRUE(
      std::any_of(digests.begin(), digests.end(), [](const Digest& d) { return d.names.empty(); }));
  for (const auto& told : digests) EXPECT_EQ(told.cell, cell);
  const auto victim = agent_.membership().near().back();
  silent_.insert(victim);
  std::optional<Duration> told_at, died_at;
  for (const Duration began = now_; now_ < began + 4s;) {
    const auto step = run(100ms);
    if (!died_at && state(victim) == MemberState::kDead) died_at = now_;
    if (died_at && !told_at && !broadcast<Digest>(step).empty()) told_at = now_;
  }
  ASSERT_TRUE(died_at && told_at);
  EXPECT_LE(*told_at - *died_at, 400ms);
}

TEST_F(CellsTest, AnAccountThatIsKeptCurrentIsTheOneThatIsMadeAnew) {
  meet();
  const auto same = [&] {
    const auto kept = agent_.account(at(now_));
    const auto anew = agent_.view(at(now_));
    ASSERT_EQ(kept->members.size(), anew.members.size());
    for (std::size_t i = 0; i < anew.members.size(); ++i) {
      EXPECT_EQ(kept->members[i].last.node.name, anew.members[i].last.node.name);
      EXPECT_EQ(kept->members[i].state, anew.members[i].state);
      EXPECT_EQ(kept->members[i].last.replicas, anew.members[i].last.replicas);
    }
    ASSERT_EQ(kept->models.size(), anew.models.size());
    for (std::size_t i = 0; i < anew.models.size(); ++i) {
      EXPECT_EQ(kept->models[i].owner, anew.models[i].owner);
      EXPECT_EQ(kept->models[i].ready, anew.models[i].ready);
      EXPECT_EQ(kept->models[i].summary, anew.models[i].summary);
    }
  };
  const auto spec = model("m");
  std::shared_ptr<const FleetView> held;
  for (int i = 0; i < 30; ++i) {
    if (i == 5) dead_ = {"n07"};
    if (i == 9) silent_ = {"n03"};
    if (i == 12) held = agent_.account(at(now_));  // somebody reads it for long
    if (i % 4 == 0) {
      Change change{"n02",
                    1,
                    sequences_["n02"] + 10 + static_cast<std::uint64_t>(i),
                    contents_["n02"],
                    {},
                    false,
                    Scheduling::kOpen,
                    {replica(fmt::format("m-n02-{}", i), spec, "n02")},
                    {},
                    {},
                    {},
                    {}};
      contents_["n02"] = change.sequence;
      add(agent_.on_message(change, at(now_)));
    }
    if (i == 20) add(agent_.on_specs({{model("m"), 2}, {model("n"), 1}}, at(now_)));
    same();
    run(300ms);
  }
  EXPECT_LT(held->now, at(now_));
}

}  // namespace
}  // namespace starling
