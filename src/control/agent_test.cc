// One agent, driven by hand: its rhythm, what it refuses, how it lets replicas go, its own absence.
#include "control/agent_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(AgentTest, BeatsTwiceASecond) { EXPECT_THAT(all<Broadcast>(run(5s)), SizeIs(10)); }

TEST_F(AgentTest, ListensBeforeItDecides) {
  specs({owned_by("a")});
  EXPECT_THAT(all<Decided>(run(2s)), IsEmpty());
  EXPECT_THAT(all<Decided>(run(2100ms)), SizeIs(1));
}

TEST_F(AgentTest, DecidesForTheModelsOfANodeThatHasNotReachedTheSpecStore) {
  const auto spec = owned_by("b");
  specs({spec});
  auto beat = heartbeat(node("b"), 0);
  const auto run_beside_b = [&](Duration span, bool without_specs) {
    for (const Duration until = now_ + span; now_ < until;) {
      beat.without_specs = without_specs;
      ++beat.sequence;
      agent_.on_message(beat, at(now_));
      run(now_ + 500ms);
    }
  };
  run_beside_b(3s, true);
  EXPECT_EQ(agent_.ranked(spec.name), std::vector<std::string>{"a"});
  EXPECT_NE(agent_.owner_of(spec.name), nullptr);
  run_beside_b(1s, false);
  EXPECT_EQ(agent_.ranked(spec.name), (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(agent_.owner_of(spec.name), nullptr);
}

TEST_F(AgentTest, SaysThatItKnowsNoSpecsUntilItDoes) {
  const auto before = sent<Heartbeat>(run(1s));
  ASSERT_FALSE(before.empty());
  EXPECT_TRUE(before.back().without_specs);
  specs({});
  const auto after = sent<Heartbeat>(run(1100ms));
  ASSERT_THAT(after, SizeIs(1)) << "at once";
  EXPECT_FALSE(after.front().without_specs);
}

TEST_F(AgentTest, OnlyTheOwnerCanStopAReplica) {
  const auto spec = owned_by("a");
  const auto id = with_replica(spec);
  EXPECT_THAT(agent_.on_message(StopReplica{"b", spec.name, id, "mine now"}, at(now_)), IsEmpty());
  EXPECT_THAT(all<StopReplicaEffect>(run(6s)), IsEmpty());
  ModelSpec other = owned_by("b");
  specs({spec, other});
  EXPECT_THAT(agent_.on_message(StopReplica{"b", other.name, id, "not of its model"}, at(now_)),
              IsEmpty());
  const auto stopped = all<PlacementChanged>(
      agent_.on_message(StopReplica{"a", spec.name, id, "too many"}, at(now_)));
  ASSERT_THAT(stopped, SizeIs(1));
  EXPECT_EQ(stopped[0].event, PlacementEvent::kStop);
  EXPECT_EQ(stopped[0].detail, "too many");
}

TEST_F(AgentTest, ADeletedModelsReplicasGo) {
  const auto spec = owned_by("a");
  const auto id = with_replica(spec);
  specs({});
  const auto effects = run(6s);
  const auto changes = all<PlacementChanged>(effects);
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_EQ(changes[0].detail, "the model was deleted");
  ASSERT_THAT(all<StopReplicaEffect>(effects), SizeIs(1));
  EXPECT_EQ(all<StopReplicaEffect>(effects)[0].id, id);
  EXPECT_EQ(agent_.owner_of(spec.name), nullptr);
}

TEST_F(AgentTest, AChangedSizeIsAppliedInPlace) {
  auto spec = owned_by("a");
  const auto id = with_replica(spec);
  spec.resources.cpu_millis = 700;
  specs({spec});
  const auto resizes = all<ResizeReplicaEffect>(run(4s));
  ASSERT_THAT(resizes, SizeIs(1));
  EXPECT_EQ(resizes[0].id, id);
  EXPECT_EQ(resizes[0].resources.cpu_millis, 700);
}

TEST_F(AgentTest, AReplicaThatCannotBeResizedKeepsItsSizeInTheBooksAndIsTriedAgain) {
  auto spec = owned_by("a");
  const auto id = with_replica(spec);
  const Resources before = spec.resources;
  spec.resources.cpu_millis = 700;
  specs({spec});
  const auto resizes = all<ResizeReplicaEffect>(run(4s));
  ASSERT_THAT(resizes, SizeIs(1));
  EXPECT_EQ(agent_.ledger().replicas().at(id).resources.cpu_millis, 700);

  const auto told = agent_.on_resize_failed(resizes[0], "its cgroup is gone", at(4s));
  EXPECT_EQ(agent_.ledger().replicas().at(id).resources, before);
  ASSERT_THAT(all<Notice>(told), SizeIs(1));
  EXPECT_THAT(all<Notice>(told)[0].text, HasSubstr("its cgroup is gone"));
  EXPECT_THAT(all<ResizeReplicaEffect>(run(33s)), IsEmpty());
  EXPECT_THAT(all<ResizeReplicaEffect>(run(35s)), SizeIs(1));
}

/// Node b owns the model and asks node a for replicas.
class AwardTest : public AgentTest {
 protected:
  AwardTest() {
    b_beats = true;
    specs({spec_});
    run(3s);
  }

  Bid ask(const std::string& request) {
    const auto effects =
        agent_.on_message(BidRequest{request, "b", spec_.name, spec_.resources, 2, {}}, at(now_));
    EXPECT_EQ(all<Send>(effects).at(0).to, "b");
    return sent<Bid>(effects).at(0);
  }
  Award award(const std::string& request) const {
    return {request, "b", spec_.name, generation_of(spec_), 1};
  }

  ModelSpec spec_ = owned_by("b");
};

TEST_F(AwardTest, AnAwardStartsWhatItSaysOnce) {
  EXPECT_EQ(ask("b.1/m/1").count, 2);
  const auto effects = agent_.on_message(award("b.1/m/1"), at(now_));
  ASSERT_THAT(all<StartReplicaEffect>(effects), SizeIs(1));
  EXPECT_EQ(all<StartReplicaEffect>(effects)[0].replica.model, spec_);
  const auto reply = sent<AwardReply>(effects).at(0);
  EXPECT_TRUE(reply.refusal.empty());
  // Twice in the same microsecond: the network's duplicates may be handled in one turn.
  const auto again = agent_.on_message(award("b.1/m/1"), at(now_));
  EXPECT_THAT(all<StartReplicaEffect>(again), IsEmpty());
  EXPECT_EQ(sent<AwardReply>(again).at(0).started, reply.started);
}

TEST_F(AwardTest, AnAwardForAnotherVersionOfTheSpecIsRefused) {
  ask("b.1/m/1");
  auto other = award("b.1/m/1");
  ++other.generation;
  const auto effects = agent_.on_message(other, at(now_));
  EXPECT_THAT(all<StartReplicaEffect>(effects), IsEmpty());
  EXPECT_EQ(sent<AwardReply>(effects).at(0).refusal, "this node knows another version of the spec");
  EXPECT_EQ(agent_.ledger().free().cpu_millis, 4000) << "and the promise is freed";
}

TEST_F(AwardTest, AnAwardFromANodeThatDoesNotOwnTheModelIsRefused) {
  ask("b.1/m/1");
  auto other = award("b.1/m/1");
  other.owner = "c";
  const auto effects = agent_.on_message(other, at(now_));
  EXPECT_THAT(all<StartReplicaEffect>(effects), IsEmpty());
  EXPECT_THAT(sent<AwardReply>(effects).at(0).refusal, HasSubstr("c does not own the model"));
}

TEST_F(AwardTest, AnAwardOfNothingFreesThePromise) {
  ask("b.1/m/1");
  EXPECT_EQ(agent_.ledger().free().cpu_millis, 3000);
  auto nothing = award("b.1/m/1");
  nothing.count = 0;
  EXPECT_THAT(agent_.on_message(nothing, at(now_)), IsEmpty());
  EXPECT_EQ(agent_.ledger().free().cpu_millis, 4000);
}

TEST_F(AwardTest, AModelThatThisNodeDoesNotKnowGetsNoBid) {
  const auto effects =
      agent_.on_message(BidRequest{"b.1/new/1", "b", "new", spec_.resources, 2, {}}, at(now_));
  EXPECT_EQ(sent<Bid>(effects).at(0).count, 0);
  EXPECT_EQ(agent_.ledger().free().cpu_millis, 4000);
}

TEST_F(AgentTest, ANodeThatWasAwayDoesNotDeclareTheOthersDead) {
  b_beats = true;
  specs({owned_by("b")});
  run(4s);
  b_beats = false;
  now_ = 34s;  // half a minute in a suspended machine
  const auto woken = run(35s);
  EXPECT_THAT(all<Notice>(woken), IsEmpty());
  EXPECT_EQ(agent_.membership().find("b")->state, MemberState::kAlive);
  EXPECT_FALSE(agent_.view(at(now_)).settled) << "it listens before it decides again";
  run(37s);
  EXPECT_EQ(agent_.membership().find("b")->state, MemberState::kDead)
      << "by now it is b that is silent";
}

TEST_F(AgentTest, AModelOfALostNodeIsTakenOver) {
  const auto spec = owned_by("b");
  b_beats = true;
  specs({spec});
  run(4s);
  EXPECT_EQ(agent_.owner_of(spec.name), nullptr);
  b_beats = false;
  run(7s);
  EXPECT_NE(agent_.owner_of(spec.name), nullptr);
}

TEST_F(AgentTest, TrafficGoesToTheOwnerAndTheNextInLine) {
  b_beats = true;
  const auto spec = owned_by("b");
  specs({spec});
  run(4s);
  ModelTraffic traffic;
  traffic.model = spec.name;
  traffic.arrivals = 5;
  traffic.completed = 5;
  traffic.latency.add(0.1, 4);
  traffic.latency.add(0.9);  // over the objective of 200 ms
  const auto effects = agent_.on_traffic({traffic, ModelTraffic{}}, at(3s), at(now_));
  const auto reports = sent<TrafficReport>(effects);
  ASSERT_THAT(reports, SizeIs(1)) << "to b; a, the next in line, keeps its own";
  EXPECT_EQ(all<Send>(effects)[0].to, "b");
  ASSERT_THAT(reports[0].samples, SizeIs(1)) << "a model that is not known is left out";
  EXPECT_EQ(reports[0].samples[0].within_slo, 4u);
}

TEST_F(AgentTest, AReportOfManyModelsIsSentInParts) {
  b_beats = true;
  std::vector<ModelSpec> models;
  std::vector<ModelTraffic> traffic;
  for (int i = 0; i < 450; ++i) {
    models.push_back(model(fmt::format("m{}", i)));
    traffic.emplace_back().model = models.back().name;
    traffic.back().arrivals = 1;
  }
  specs(models);
  run(3s);
  const auto reports = sent<TrafficReport>(agent_.on_traffic(traffic, at(2s), at(now_)));
  std::size_t samples = 0;
  for (const auto& report : reports) {
    EXPECT_LE(report.samples.size(), 200u);
    samples += report.samples.size();
  }
  EXPECT_EQ(samples, 450u);
}

TEST_F(AgentTest, AReportFromAnotherTimeIsLeftOutAndSaidOnce) {
  const auto spec = owned_by("a");
  specs({spec});
  run(3s);
  TrafficSample sample;
  sample.model = spec.name;
  sample.arrivals = 10;
  const auto report = [&](Duration second) {
    return agent_.on_message(TrafficReport{"b", at(second), {sample}}, at(now_));
  };
  EXPECT_THAT(all<Notice>(report(24h)), SizeIs(1));
  EXPECT_THAT(all<Notice>(report(24h)), IsEmpty());
  EXPECT_THAT(report(2s), IsEmpty());
  const auto* owner = agent_.owner_of(spec.name);
  ASSERT_NE(owner, nullptr);
  const auto beats = sent<Heartbeat>(run(5s));
  ASSERT_FALSE(beats.empty());
  ASSERT_THAT(beats.back().owned, SizeIs(1));
  EXPECT_EQ(beats.back().owned[0].arrival_rate, 10) << "the true report counts";
  EXPECT_EQ(agent_.demand_in(at(2s)), (std::map<std::string, std::uint64_t>{{spec.name, 10}}));
  EXPECT_TRUE(agent_.demand_in(at(1s)).empty());
}

TEST_F(AgentTest, TwoAgentsOfOneNameAreReported) {
  const auto twin = agent_.on_message(heartbeat(node("a"), 1, {}, 2), at(0s));
  ASSERT_THAT(all<Notice>(twin), SizeIs(1));
  EXPECT_THAT(all<Notice>(twin)[0].text, HasSubstr("another agent calls itself a"));
}

TEST_F(AgentTest, TheLastWordsSayThatItLeaves) {
  const auto beats = sent<Heartbeat>(agent_.leave(at(0s)));
  ASSERT_THAT(beats, SizeIs(1));
  EXPECT_TRUE(beats[0].leaving);
}

}  // namespace
}  // namespace starling
