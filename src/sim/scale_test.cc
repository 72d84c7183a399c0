// The measurement of scale measures what it says: small fleets in full, larger ones by some agents.
#include "sim/scale.h"

#include <gtest/gtest.h>

namespace starling {
namespace {

TEST(Scale, ASmallFleetRunsInFullAndRecovers) {
  ScaleSetup setup;
  setup.nodes = 9;
  setup.models_per_node = 2;
  const auto outcome = run_scale(setup);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->agents, 9);
  EXPECT_EQ(outcome->models, 18);
  ASSERT_TRUE(outcome->reown_s);
  EXPECT_LE(*outcome->reown_s, 3.0);
  ASSERT_TRUE(outcome->replace_s);
  EXPECT_GE(*outcome->replace_s, *outcome->reown_s);
  ASSERT_TRUE(outcome->region_reown_s);
  EXPECT_TRUE(outcome->region_replace_s);
  EXPECT_GT(outcome->decide_p99_ms, 0);
  EXPECT_GT(outcome->memory_bytes, 0);
  // Eight others beat twice a second.
  EXPECT_GT(outcome->messages_in, 16);
  EXPECT_GT(outcome->bytes_in, outcome->heartbeat_bytes_in);
}

TEST(Scale, StandInsSendAboutWhatFullAgentsDo) {
  ScaleSetup setup;
  setup.nodes = 60;  // in smaller ones agents tell every decision at once
  setup.models_per_node = 3;
  const auto full = run_scale(setup);
  setup.agents = 4;
  const auto sampled = run_scale(setup);
  ASSERT_TRUE(full && sampled);
  EXPECT_EQ(sampled->agents, 4);
  EXPECT_NEAR(sampled->heartbeat_bytes_in / full->heartbeat_bytes_in, 1, 0.35);
  EXPECT_NEAR(sampled->bytes_in / full->bytes_in, 1, 0.35);
  EXPECT_TRUE(sampled->reown_s);
  EXPECT_TRUE(sampled->replace_s);
}

TEST(Scale, EndsWhenItIsToldTo) {
  ScaleSetup setup;
  setup.nodes = 3;
  EXPECT_FALSE(run_scale(setup, [](Duration passed, Duration) { return passed < 1s; }));
}

}  // namespace
}  // namespace starling
