// Policies by name, and with targets of their own.
#include "policy/make_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/knob.h"
#include "policy/market/valued_policy.h"

namespace starling {
namespace {

using ::testing::HasSubstr;

/// What the policy wishes for ten busy replicas.
int wished(const std::string& name) {
  const auto policy = make_policy(name).value();
  Observation observation;
  observation.now += 1h;
  observation.ready = 10;
  observation.in_flight = 7;
  observation.utilization = 0.7;
  observation.service = {0.07, 0.5, 0};
  Allocation allocation;
  for (int i = 0; i < 120; ++i, observation.now += 2s) {
    observation.arrival_rate = i % 7 < 3 ? 60 : 130;
    allocation = policy->decide(observation, {.slo_latency = 500ms, .max = 100});
  }
  return allocation.replicas;
}

TEST(MakePolicy, ATargetIsKept) {
  EXPECT_EQ(wished("hpa"), 10) << "70 % is what it keeps";
  EXPECT_EQ(wished("hpa@0.7"), 10);
  EXPECT_EQ(wished("hpa@0.5"), 14);
  EXPECT_EQ(wished("kpa@0.5"), 14);
  EXPECT_GT(wished("predictive@2"), wished("predictive@-2"));
}

TEST(MakePolicy, WhatHasATargetIsNamedWithIt) {
  EXPECT_EQ(make_policy("hpa").value()->name(), "hpa");
  EXPECT_EQ(make_policy("hpa@0.5").value()->name(), "hpa@0.5");
  const auto learned = make_policy("learned@1").value();
  EXPECT_EQ(learned->name(), "learned@1");
  EXPECT_NE(dynamic_cast<const ValuedPolicy*>(learned.get()), nullptr);
}

TEST(MakePolicy, EveryPolicyWithAKnobTakesATarget) {
  for (const auto& name : policies_with_knobs()) {
    const Knob& knob = *knob_of(name);
    for (const double target : {knob.safest, knob.cheapest}) {
      const auto policy = make_policy(fmt::format("{}@{}", name, target));
      EXPECT_TRUE(policy) << policy.error().message;
    }
  }
}

TEST(MakePolicy, EveryTargetThatAManifestMayHaveIsKnown) {
  for (const auto& name : known_policies()) {
    EXPECT_EQ(make_policy(name + "@0.5").has_value(), name != "static") << name;
  }
}

TEST(MakePolicy, WhatCannotBeIsSaid) {
  EXPECT_THAT(make_policy("hpq").error().message, HasSubstr("did you mean 'hpa'"));
  EXPECT_THAT(make_policy("hpa@70").error().message, HasSubstr("from 0.01 to 1"));
  EXPECT_THAT(make_policy("static@2").error().message, HasSubstr("takes a target"));
}

}  // namespace
}  // namespace starling
