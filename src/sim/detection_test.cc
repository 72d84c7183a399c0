// Dead nodes are noticed and slow ones are not taken for dead, on networks that lose and delay.
#include "sim/detection.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace starling {
namespace {

NetworkFaults bad_network() {
  NetworkFaults network;
  network.loss = 0.05;
  network.delay_max = 200ms;
  return network;
}

TEST(Detection, OnABadNetworkNobodyIsTakenForDeadAndTheDeadAreNoticedInThreeSeconds) {
  DetectionSetup setup;
  setup.nodes = 6;
  setup.network = bad_network();
  setup.span = 10min;
  const auto outcome = run_detection(setup, 1);
  EXPECT_EQ(outcome.false_deaths, 0);
  EXPECT_EQ(outcome.undetected, 0);
  ASSERT_EQ(outcome.crashes, 10);
  ASSERT_EQ(outcome.detection_s.size(), 50u);
  EXPECT_LE(*std::max_element(outcome.detection_s.begin(), outcome.detection_s.end()), 3.0);
}

TEST(Detection, FixedThresholdsTakeLiveNodesForDeadThere) {
  DetectionSetup setup;
  setup.nodes = 12;
  setup.network = bad_network();
  setup.span = 20min;
  setup.crash_every = 0s;
  setup.detector = fixed_thresholds();
  EXPECT_GT(run_detection(setup, 1).false_deaths, 0);
  setup.detector = {};
  EXPECT_EQ(run_detection(setup, 1).false_deaths, 0);
}

TEST(Detection, OnAGoodNetworkDeathIsNoticedAsSoonAsByFixedThresholds) {
  DetectionSetup setup;
  setup.nodes = 6;
  setup.span = 10min;
  const auto adaptive = run_detection(setup, 2);
  setup.detector = fixed_thresholds();
  const auto fixed = run_detection(setup, 2);
  const auto worst = [](const DetectionOutcome& o) {
    return *std::max_element(o.detection_s.begin(), o.detection_s.end());
  };
  EXPECT_EQ(adaptive.false_deaths, 0);
  EXPECT_LE(worst(adaptive), worst(fixed) + 0.3);
}

TEST(Detection, TheSameSeedGivesTheSameOutcome) {
  DetectionSetup setup;
  setup.nodes = 5;
  setup.network = bad_network();
  setup.span = 3min;
  const auto one = run_detection(setup, 7), other = run_detection(setup, 7);
  EXPECT_EQ(one.detection_s, other.detection_s);
  EXPECT_NE(one.detection_s, run_detection(setup, 8).detection_s);
}

}  // namespace
}  // namespace starling
