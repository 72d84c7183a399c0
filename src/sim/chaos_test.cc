// That the tester itself is to be trusted: faults do what they say, invariants break when they
// should, runs repeat, and a failure shrinks to what causes it.
#include "sim/chaos.h"

#include <gtest/gtest.h>

#include "sim/fault_injector.h"
#include "sim/fault_workload.h"
#include "sim/invariants.h"

namespace starling {
namespace {

FaultPlan plan_with(const std::string& rest, const std::string& bounds =
                                                 "convergeWithin: 30s, minimumWithin: 20s, "
                                                 "startsPerMinute: 60") {
  const auto plan = parse_fault_plan(
      "apiVersion: starling/v1\n"
      "kind: FaultPlan\n"
      "metadata: { name: t }\n"
      "spec:\n"
      "  fleet: { nodes: 6, clouds: 3, cpu: \"4\", memory: 8Gi, coldStart: 2s }\n"
      "  models:\n"
      "    - { name: m, count: 2, cpu: 500m, memory: 512Mi, min: 2, max: 6, demand: { rate: 20 } "
      "}\n"
      "  warmUp: 15s\n"
      "  duration: 50s\n"
      "  invariants: { " +
          bounds + " }\n" + rest,
      "t.yaml");
  EXPECT_TRUE(plan) << plan.error().message;
  return *plan;
}

std::string broken(const ChaosOutcome& outcome) {
  return outcome.broken ? fmt::format("{} at {}: {}", outcome.broken->invariant,
                                      seconds(outcome.broken->at), outcome.broken->detail)
                        : "";
}

TEST(Chaos, ACalmFleetComesToRestAtOnce) {
  const auto outcome = run_chaos(plan_with(""), 1);
  EXPECT_EQ(broken(outcome), "");
  ASSERT_TRUE(outcome.rested);
  EXPECT_LE(*outcome.rested, 1s);
  EXPECT_EQ(outcome.virtual_time, 45s);
  EXPECT_GE(outcome.starts, 4);
}

TEST(Chaos, EachFaultIsSeenInTheLogAndDoesWhatItSays) {
  const auto outcome =
      run_chaos(plan_with("  faults:\n"
                          "    - { kind: loss, at: 16s, for: 2s, rate: 0.5 }\n"
                          "    - { kind: crash, at: 20s, for: 5s, nodes: [n001] }\n"
                          "    - { kind: freeze, at: 20s, for: 5s, nodes: [n002] }\n"
                          "    - { kind: one-way, at: 30s, for: 5s, links: [n003>n004] }\n"
                          "    - { kind: clock, at: 30s, for: 5s, nodes: [n005], ahead: 1m }\n"
                          "    - { kind: spec, at: 40s, model: m01, change: delete }\n"),
                1, true);
  EXPECT_EQ(broken(outcome), "");
  for (const char* line : {
           "16.000000 fault begins at 16s for 2s: loss of 50.0 %",
           "lost to n",
           "20.000000 n001 crash",
           "25.000000 n001 boot",
           "20.000000 n002 freeze",
           "25.000000 n002 thaw",
           "n002 is dead",
           " of n003 for n004 through n",
           "traffic reports of node n005 are left out: its clock is ",
           "40.000000 fault at 40s: spec delete m01",
       })
    EXPECT_NE(outcome.log.find(line), std::string::npos) << line;
  for (const char* line : {"n003 node n004 is dead", "n004 node n003 is dead"})
    EXPECT_EQ(outcome.log.find(line), std::string::npos) << "others hear both";
  const std::string frozen = outcome.log.substr(
      outcome.log.find("20.000000 n002 freeze"),
      outcome.log.find("25.000000 n002 thaw") - outcome.log.find("20.000000 n002 freeze"));
  EXPECT_EQ(frozen.find(" n002 from "), std::string::npos) << "a frozen agent took a message";
}

TEST(Chaos, WhatCannotHoldBreaks) {
  const std::string crash =
      "  faults:\n    - { kind: crash, at: 20s, for: 25s, nodes: [n000, n001, n002, n003] }\n";
  const auto first = [&](const std::string& bounds) {
    const auto outcome = run_chaos(plan_with(crash, bounds), 3);
    return outcome.broken ? outcome.broken->invariant : "";
  };
  EXPECT_EQ(first("convergeWithin: 30s, minimumWithin: 20s, startsPerMinute: 60"), "");
  EXPECT_EQ(first("convergeWithin: 30s, minimumWithin: 1s, startsPerMinute: 60"), "minimum");
  EXPECT_EQ(first("convergeWithin: 30s, minimumWithin: 20s, startsPerMinute: 1"), "start-rate");
  EXPECT_EQ(first("convergeWithin: 1500ms, minimumWithin: 20s, startsPerMinute: 60"),
            "convergence");
}

TEST(Chaos, ANodeThatObeysAnyoneBreaksOwnership) {
  const FaultPlan plan = plan_with("");
  FaultWorkload workload(plan);
  WorldOptions options;
  options.nodes = plan.fleet.nodes;
  options.models = workload.models();
  World world(options, 1);
  FaultInjector injector(plan, world, workload);
  Invariants invariants(plan, world, workload, injector);
  world.watch(&invariants);
  world.run_for(10s);
  EXPECT_TRUE(invariants.broken().empty());
  const Agent& agent = *world.agent("n000");
  PlacementChanged change;
  change.replica.model = "m00";
  change.owner = agent.ranked("m00")[0];
  change.epoch = epoch_above(epoch_above(agent.epochs().highest("m00"), "x"), "y");
  invariants.on_obeyed("n000", agent, change, 10s);
  EXPECT_TRUE(invariants.broken().empty());
  change.owner = agent.ranked("m00")[1];
  invariants.on_obeyed("n000", agent, change, 11s);
  ASSERT_FALSE(invariants.broken().empty());
  EXPECT_EQ(invariants.broken().front().invariant, "ownership");
  EXPECT_EQ(invariants.broken().front().at, 11s);
}

TEST(Chaos, ANodeThatObeysALateCommandBreaksOwnership) {
  const FaultPlan plan = plan_with("");
  FaultWorkload workload(plan);
  WorldOptions options;
  options.nodes = plan.fleet.nodes;
  options.models = workload.models();
  World world(options, 1);
  FaultInjector injector(plan, world, workload);
  Invariants invariants(plan, world, workload, injector);
  world.run_for(10s);
  const Agent& agent = *world.agent("n000");
  PlacementChanged change;
  change.replica.model = "m00";
  change.owner = agent.ranked("m00")[0];
  const Epoch old = epoch_above(agent.epochs().highest("m00"), "x");
  change.epoch = epoch_above(old, "y");
  invariants.on_obeyed("n000", agent, change, 10s);
  EXPECT_TRUE(invariants.broken().empty());
  change.epoch = old;
  invariants.on_obeyed("n001", *world.agent("n001"), change, 11s);
  EXPECT_TRUE(invariants.broken().empty()) << "another node, which heard of no later owner";
  invariants.on_obeyed("n000", agent, change, 12s);
  ASSERT_EQ(invariants.broken().size(), 1u);
  EXPECT_EQ(invariants.broken().front().invariant, "ownership");
  EXPECT_NE(invariants.broken().front().detail.find("n000 obeys"), std::string::npos);
}

TEST(Chaos, RunsRepeatToTheByteAndThreadsMakeNoDifference) {
  const auto plan = plan_with(
      "  draw:\n"
      "    - { kind: crash, every: 8s, for: { min: 1s, max: 10s }, share: 0.2 }\n"
      "    - { kind: freeze, every: 8s, for: { min: 1s, max: 5s }, share: 0.2 }\n"
      "    - { kind: loss, every: 8s, for: 5s, rate: 0.3 }\n");
  const auto once = run_chaos(plan, 5, true);
  EXPECT_TRUE(once.log == run_chaos(plan, 5, true).log);
  EXPECT_FALSE(once.log == run_chaos(plan, 6, true).log);
  const auto alone = run_chaos_seeds({plan, plan}, {1, 4, 1});
  const auto together = run_chaos_seeds({plan, plan}, {1, 4, 3});
  ASSERT_EQ(alone.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    ASSERT_EQ(alone[i].size(), 4u);
    ASSERT_EQ(together[i].size(), 4u);
    for (std::size_t k = 0; k < 4; ++k) {
      EXPECT_EQ(alone[i][k].seed, k + 1);
      EXPECT_EQ(broken(alone[i][k]), broken(together[i][k]));
      EXPECT_EQ(alone[i][k].rested, together[i][k].rested);
      EXPECT_EQ(alone[i][k].starts, together[i][k].starts);
    }
  }
}

TEST(Chaos, AFailureShrinksToTheFaultsThatCauseIt) {
  // A cloud's replicas are missed only where the raised minimum needs them; the rest is noise.
  const auto plan = plan_with(
      "  faults:\n"
      "    - { kind: spec, at: 16s, model: m00, change: replicas, min: 4, max: 6 }\n"
      "    - { kind: duplicate, at: 18s, for: 20s, rate: 0.1 }\n"
      "    - { kind: delay, at: 19s, for: 20s, delay: 50ms }\n"
      "    - { kind: failed-start, at: 21s, for: 1s, rate: 0.5, nodes: [n005] }\n"
      "    - { kind: one-way, at: 22s, for: 1s, links: [n000>n001] }\n"
      "    - { kind: evict, at: 30s, for: 15s, cloud: cloud1 }\n"
      "  draw:\n"
      "    - { kind: loss, every: 4s, for: 1s, rate: 0.05 }\n",
      "convergeWithin: 30s, minimumWithin: 1s, startsPerMinute: 1000");
  const auto shrunk = shrink_plan(plan, 2);
  ASSERT_TRUE(shrunk);
  EXPECT_EQ(shrunk->outcome.broken->invariant, "minimum");
  ASSERT_EQ(shrunk->plan.faults.size(), 2u) << fault_plan_yaml(shrunk->plan);
  EXPECT_EQ(shrunk->plan.faults[0].kind, FaultKind::kSpec);
  EXPECT_EQ(shrunk->plan.faults[1].kind, FaultKind::kEvict);
  for (const Fault& alone : shrunk->plan.faults) {
    FaultPlan smaller = shrunk->plan;
    smaller.faults = {alone};
    EXPECT_EQ(broken(run_chaos(smaller, 2)), "") << describe(alone);
  }
  const auto again = parse_fault_plan(fault_plan_yaml(shrunk->plan), "small.yaml");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(broken(run_chaos(*again, 2)), broken(shrunk->outcome));
  EXPECT_FALSE(shrink_plan(plan_with(""), 2)) << "nothing breaks, so there is nothing to shrink";
}

}  // namespace
}  // namespace starling
