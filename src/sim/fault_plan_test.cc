#include "sim/fault_plan.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace starling {
namespace {

const char* const kHead =
    "apiVersion: starling/v1\n"
    "kind: FaultPlan\n"
    "metadata: { name: t }\n"
    "spec:\n"
    "  fleet: { nodes: 3, clouds: 2, cpu: \"4\", memory: 8Gi }\n"
    "  models: [ { name: m, count: 2, cpu: 500m, memory: 512Mi, min: 1, max: 4, demand: { rate: 5 "
    "} } ]\n"
    "  warmUp: 10s\n"
    "  duration: 60s\n"
    "  invariants: { convergeWithin: 45s, minimumWithin: 30s, startsPerMinute: 60 }\n";

std::string problem_of(const std::string& rest) {
  const auto plan = parse_fault_plan(kHead + rest, "t.yaml");
  return plan ? "" : plan.error().message;
}

TEST(FaultPlan, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(problem_of(""), "");
  EXPECT_EQ(
      problem_of("  faults:\n    - { kind: lost, at: 1s, for: 1s, rate: 0.1 }\n").substr(0, 75),
      "t.yaml:11: spec.faults[0].kind: 'lost' is unknown (did you mean 'loss'?): e");
  EXPECT_EQ(problem_of("  faults:\n    - { kind: loss, at: 1s, for: 1s, rate: 1.5 }\n"),
            "t.yaml:11: spec.faults[0].rate: 1.5 is out of range: expected 0 to 1");
  EXPECT_EQ(problem_of("  faults:\n    - { kind: loss, at: 1s, for: 1s, rates: 0.1, rate: 0.1 }\n"),
            "t.yaml:11: spec.faults[0].rates: unknown key (did you mean 'rate'?)");
  EXPECT_EQ(problem_of("  faults:\n    - { kind: loss, at: 50s, for: 11s, rate: 0.1 }\n"),
            "t.yaml:11: spec.faults[0].at: ends after the run's faults, 1m: raise spec.duration");
  EXPECT_NE(problem_of("  faults:\n    - { kind: crash, at: 1s, for: 1s, nodes: [n004] }\n")
                .find("'n004' is unknown (did you mean 'n000'?)"),
            std::string::npos);
  EXPECT_NE(problem_of("  faults:\n    - { kind: one-way, at: 1s, for: 1s, links: [n000-n001] }\n")
                .find("'n000-n001' is no link: expected two of the 3 nodes as in n000>n001"),
            std::string::npos);
  EXPECT_NE(problem_of("  faults:\n    - { kind: clock, at: 1s, for: 1s, nodes: [n000] }\n")
                .find("expected either ahead or behind"),
            std::string::npos);
  EXPECT_NE(
      problem_of(
          "  draw:\n    - { kind: crash, every: 5s, for: { min: 2s, max: 1s }, share: 0.1 }\n")
          .find("spec.draw[0].for.max: is below min"),
      std::string::npos);
}

TEST(FaultPlan, WhatIsMissingIsNamed) {
  std::string text = kHead;
  text.replace(text.find("startsPerMinute: 60"), 19, "startPerMinute: 60");
  const auto plan = parse_fault_plan(text, "t.yaml");
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().message, "t.yaml:9: spec.invariants.startsPerMinute: is missing");
}

/// A draw of every kind.
FaultPlan plan_of_all_kinds() {
  const char* const draws =
      "  draw:\n"
      "    - { kind: loss, every: 5s, for: 1s, rate: { min: 0.1, max: 0.3 } }\n"
      "    - { kind: delay, every: 5s, for: 1s, delay: 100ms }\n"
      "    - { kind: duplicate, every: 5s, for: 1s, rate: 0.2 }\n"
      "    - { kind: reorder, every: 5s, for: 1s, rate: 0.2, delay: { min: 1s, max: 2s } }\n"
      "    - { kind: partition, every: 5s, for: 1s, share: 0.4 }\n"
      "    - { kind: one-way, every: 5s, for: 1s, share: 0.4 }\n"
      "    - { kind: crash, every: 5s, for: { min: 1s, max: 9s }, share: 0.1 }\n"
      "    - { kind: freeze, every: 5s, for: 1s, share: { min: 0.1, max: 0.9 } }\n"
      "    - { kind: clock, every: 5s, for: 1s, off: 3s, share: 0.1 }\n"
      "    - { kind: slow-start, every: 5s, for: 1s, factor: { min: 2, max: 3 } }\n"
      "    - { kind: failed-start, every: 5s, for: 1s, rate: 0.5, share: 0.3 }\n"
      "    - { kind: evict, every: 5s, for: 1s }\n"
      "    - { kind: spec, every: 2s }\n"
      "    - { kind: cordon, every: 5s, share: 0.2 }\n"
      "    - { kind: drain, every: 5s, share: { min: 0.1, max: 0.3 } }\n"
      "    - { kind: uncordon, every: 5s, share: 0.5 }\n";
  const auto plan = parse_fault_plan(fmt::format("{}{}", kHead, draws), "t.yaml");
  EXPECT_TRUE(plan) << plan.error().message;
  return *plan;
}

TEST(FaultPlan, DrawsEveryKindWithinItsTimeAndTheSameForASeed) {
  const FaultPlan plan = plan_of_all_kinds();
  const auto faults = draw_faults(plan, 7).faults;
  EXPECT_EQ(faults, draw_faults(plan, 7).faults);
  EXPECT_NE(faults, draw_faults(plan, 8).faults);
  for (const FaultKind kind : fault_kinds()) {
    EXPECT_TRUE(std::any_of(faults.begin(), faults.end(), [&](const Fault& f) {
      return f.kind == kind;
    })) << name_of(kind);
  }
  for (const Fault& fault : faults) {
    EXPECT_GE(fault.at, 10s) << describe(fault);
    EXPECT_LE(fault.at + fault.length, 60s) << describe(fault);
  }
}

TEST(FaultPlan, WrittenAndReadAgainItIsTheSame) {
  const FaultPlan plan = plan_of_all_kinds();
  const FaultPlan drawn = draw_faults(plan, 7);
  const auto again = parse_fault_plan(fault_plan_yaml(drawn), "again.yaml");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->faults, drawn.faults);
  EXPECT_EQ(fault_plan_yaml(*again), fault_plan_yaml(drawn));
  const auto undrawn = parse_fault_plan(fault_plan_yaml(plan), "undrawn.yaml");
  ASSERT_TRUE(undrawn) << undrawn.error().message;
  EXPECT_EQ(draw_faults(*undrawn, 7).faults, drawn.faults);
}

TEST(FaultPlan, DemandSwingsAndSurges) {
  const DemandShape swing{DemandCurve::kSwing, 10, 0.5, 60s, 1, {}, {}};
  EXPECT_NEAR(demand_at(swing, 0, 15s), 15, 1e-9);
  EXPECT_NEAR(demand_at(swing, 0, 45s), 5, 1e-9);
  const DemandShape surge{DemandCurve::kSurge, 10, 0, {}, 4, 20s, 10s};
  EXPECT_EQ(demand_at(surge, 0, 19s), 10);
  EXPECT_EQ(demand_at(surge, 0, 29s), 40);
  EXPECT_EQ(demand_at(surge, 0, 30s), 10);
}

}  // namespace
}  // namespace starling
