// Requests that share a replica's CPU, by the rule that the header states.
#include "sim/replica_cpu.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

namespace starling {
namespace {

// 100 ms on half a core, of which 20 ms of CPU time last 40.
ReplicaCpu model() { return {0.02, 0.1, 0.5}; }

TEST(ReplicaCpu, ARequestAloneOnTheSizeThatWasMeasuredTakesWhatWasMeasured) {
  ReplicaCpu cpu = model();
  EXPECT_DOUBLE_EQ(cpu.serve(0, 0.1, 1), 0.1);
  EXPECT_DOUBLE_EQ(cpu.serve(0, 0.3, 1), 0.3) << "a longer one has the same share of CPU time";
  EXPECT_DOUBLE_EQ(cpu.stretch(0.5), 1);
}

TEST(ReplicaCpu, TheCpuPartAloneGoesWithTheSizeAndNoFasterThanOnACore) {
  ReplicaCpu cpu = model();
  cpu.set_cores(1, 0.25);
  cpu.set_cores(2, 1);
  cpu.set_cores(3, 8);
  EXPECT_DOUBLE_EQ(cpu.serve(1, 0.1, 1), 0.06 + 0.08);
  EXPECT_DOUBLE_EQ(cpu.serve(2, 0.1, 1), 0.06 + 0.02);
  EXPECT_DOUBLE_EQ(cpu.serve(3, 0.1, 1), 0.06 + 0.02);
  EXPECT_DOUBLE_EQ(cpu.stretch(0.25), 1.4);
}

TEST(ReplicaCpu, RequestsTogetherShareTheCores) {
  ReplicaCpu cpu = model();
  cpu.set_cores(1, 2);
  EXPECT_DOUBLE_EQ(cpu.serve(1, 0.1, 2), 0.08) << "a core for each";
  // c = C·(1 + 3·c / (c + W)) / cores
  const double c = cpu.serve(0, 0.1, 4) - 0.06;
  EXPECT_NEAR(c, 0.02 * (1 + 3 * c / (c + 0.06)) / 0.5, 1e-12);
}

TEST(ReplicaCpu, ASaturatedReplicaServesWhatItsCpuCan) {
  ReplicaCpu cpu = model();
  EXPECT_NEAR(1000 / cpu.serve(0, 0.1, 1000), 0.5 / 0.02, 0.2);
}

RC_GTEST_PROP(ReplicaCpu, WhatIsUsedIsTheSameOnEverySize, ()) {
  const double cores = *rc::gen::inRange(1, 4000) / 1000.0;
  const int together = *rc::gen::inRange(1, 20);
  const int requests = *rc::gen::inRange(0, 50);
  ReplicaCpu cpu = model();
  cpu.set_cores(7, cores);
  for (int i = 0; i < requests; ++i) cpu.serve(7, 0.1, together);
  RC_ASSERT(std::abs(cpu.take_used(7) - 0.02 * requests) < 1e-9);
  RC_ASSERT(cpu.take_used(7) == 0);
  cpu.forget(7);
  RC_ASSERT(std::abs(cpu.serve(7, 0.1, 1) - 0.1) < 1e-12);
}

}  // namespace
}  // namespace starling
