// The environment: the queueing decision's twin, deterministic, with a cost and a constraint.
#include "sim/scaling_env.h"

#include <gtest/gtest.h>

#include <cmath>

#include "policy/predictive.h"
#include "sim/training_tapes.h"

namespace starling {
namespace {

TapeSpec waves(double erlang, int ticks) {
  TapeSpec spec;
  spec.setting = {0.154, 0.2, 0.72, 99, 35, 10, 50, 1};
  for (int i = 0; i < ticks; ++i) {
    spec.rates.push_back(erlang / 0.154 * (1 + 0.6 * std::sin(i / 40.0)));
  }
  return spec;
}

struct Played {
  double held = 0;
  double missed_share = 0;
};

Played play(const WorkloadTape& tape, const PolicyAction& action) {
  ScalingCopy copy;
  copy.begin(tape, 0);
  Played played;
  double missed = 0;
  int steps = 0;
  for (; !copy.at_end(); ++steps) {
    const auto outcome = copy.step(action);
    played.held += outcome.held;
    missed += outcome.missed;
  }
  played.held /= steps;
  played.missed_share = missed / steps / tape.mean_arrivals();
  return played;
}

struct Twins {
  int apart = 0;  // decisions in which the environment and the policy differ by more than tolerated
  int made_up = 0;  // in which the policy made up for misses
};

/// The policy beside the environment that plays its part, seeing what the environment sees.
Twins play_beside_predictive(const TapeSpec& spec, int tolerated) {
  const WorkloadTape tape(spec, Rng(3));
  ScalingCopy copy;
  copy.begin(tape, 0);
  PredictivePolicy policy;
  Observation observation;
  observation.service = {spec.setting.service_mean_s, spec.setting.service_scv};
  observation.cold_start = 35s;
  observation.interval = 10s;
  const Objective objective{720ms, 99, 1, spec.replicas_max, 1};
  Twins twins;
  for (int tick = 0; !copy.at_end(); ++tick) {
    observation.now = TimePoint{} + (tick + 1) * observation.interval;
    observation.arrival_rate = tape.arrivals(tick) / 10;
    observation.missed_rate = copy.missed() / 10;
    observation.queued = copy.backlog();
    observation.ready = copy.ready();
    observation.starting = copy.replicas() - copy.ready();
    const Allocation decided = policy.decide(observation, objective);
    copy.step({});
    if (tick <= 30) continue;
    twins.apart += std::abs(decided.replicas - copy.replicas()) > tolerated ? 1 : 0;
    twins.made_up += std::any_of(decided.guards.begin(), decided.guards.end(),
                                 [](const GuardNote& note) { return note.guard == "error-budget"; })
                         ? 1
                         : 0;
  }
  return twins;
}

TEST(ScalingEnv, WithoutACorrectionItDecidesAsPredictiveDoes) {
  EXPECT_LT(play_beside_predictive(waves(5, 700), 1).apart, 7) << "of 670 decisions";
}

TEST(ScalingEnv, WhatWasMissedIsMadeUpForAsPredictiveDoes) {
  // Four requests a second: a second replica saves too few to pay, and one misses too many.
  const Twins twins = play_beside_predictive(waves(0.6, 2000), 0);
  EXPECT_GT(twins.made_up, 100) << "of 1,970 decisions";
  EXPECT_LT(twins.apart, twins.made_up / 3);
}

TEST(ScalingEnv, HeadroomBuysFewerMissesForMoreReplicas) {
  const WorkloadTape tape(waves(6, 1500), Rng(1));
  const Played lean = play(tape, {-1, 0}), plain = play(tape, {0, 0}), safe = play(tape, {1, 0});
  EXPECT_LT(lean.held, plain.held);
  EXPECT_LT(plain.held, safe.held);
  EXPECT_GT(lean.missed_share, plain.missed_share);
  EXPECT_GE(plain.missed_share, safe.missed_share);
  EXPECT_LT(safe.missed_share, 0.01);
  EXPECT_LT(play(tape, {0, -1}).held, play(tape, {0, 1}).held) << "a longer hold keeps more";
}

TapeSpec sized_waves() {
  TapeSpec spec = waves(6, 1500);
  spec.setting.cpu_share = 0.8;
  spec.setting.slo_latency_s = 0.5;
  spec.cores = 0.5;
  return spec;
}

TapeSpec sized_leaps() {
  TapeSpec leaps = sized_waves();
  for (std::size_t i = 0; i < leaps.rates.size(); ++i) leaps.rates[i] *= i % 150 < 30 ? 1.8 : 0.8;
  return leaps;
}

/// The most steps in a direction that replicas ever have.
int most_steps(const WorkloadTape& tape, int sign) {
  ScalingCopy copy;
  copy.begin(tape, 0);
  int most = 0;
  while (!copy.at_end()) {
    copy.step({});
    most = std::max(most, sign * copy.size());
  }
  return most;
}

TEST(ScalingEnv, ReplicasOfADecidedSizeGetMoreCpuWhileTheyAreFewAndLessWhileTheyIdle) {
  const WorkloadTape tape(sized_leaps(), Rng(1));
  EXPECT_NEAR(tape.price(2), 0.5 + 0.5 * kSizeStep * kSizeStep, 1e-9);
  EXPECT_GT(most_steps(tape, 1), 0);
  TapeSpec idle = sized_waves();
  idle.setting.slo_latency_s = 1.2;
  for (double& rate : idle.rates) rate *= 0.03;
  EXPECT_GT(most_steps(WorkloadTape(idle, Rng(1)), -1), 0) << "steps that are spared";
  const Played plain = play(tape, {}), large = play(tape, {0, 0, 1}),
               small = play(tape, {0, 0, -1});
  EXPECT_LT(large.missed_share, plain.missed_share);
  EXPECT_GT(large.held, plain.held);
  EXPECT_LT(small.held, plain.held);
}

TEST(ScalingEnv, StepsOfCpuSpareMisses) {
  TapeSpec leaps = sized_leaps();
  const WorkloadTape sized(leaps, Rng(1));
  leaps.setting.cpu_share = 0;
  const WorkloadTape given(leaps, Rng(1));
  EXPECT_LT(play(sized, {}).missed_share, 0.8 * play(given, {}).missed_share);
  EXPECT_LT(play(sized, {}).held, 1.05 * play(given, {}).held);
  EXPECT_EQ(play(given, {0, 0, 1}).held, play(given, {}).held) << "where no size is decided";
}

TEST(ScalingEnv, TheSameSeedGivesTheSameSteps) {
  const auto run = [](std::uint64_t seed) {
    ScalingEnv env({std::make_shared<WorkloadTape>(waves(4, 900), Rng(2))},
                   {.copies = 8, .episode_ticks = 100});
    EnvStep step;
    env.reset(seed, step);
    std::vector<float> all = step.observations;
    Rng rng(7);
    for (int i = 0; i < 150; ++i) {
      std::vector<float> actions;
      for (int a = 0; a < env.size() * env.action_size(); ++a)
        actions.push_back(static_cast<float>(rng.uniform(-1, 1)));
      env.step(actions, step);
      all.insert(all.end(), step.observations.begin(), step.observations.end());
      all.insert(all.end(), step.missed.begin(), step.missed.end());
    }
    return all;
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

TEST(ScalingEnv, EpisodesEndAndFiguresStayFinite) {
  std::vector<std::vector<Series>> sets(1);
  Series spiky{"spiky", {}, 1min, {}, {}};
  for (int i = 0; i < 600; ++i) {
    spiky.values.push_back(i % 97 == 0 ? 5000 : i % 5);
    spiky.present.push_back(i % 13 != 0);
  }
  Series silent{"silent", {}, 1min, std::vector<double>(600, 0), std::vector<std::uint8_t>(600, 1)};
  sets[0] = {spiky, silent};
  auto tapes = training_tapes(sets, {.tapes = 12, .ticks = 900}, 5);
  ASSERT_EQ(tapes.size(), 12u) << "silent windows are passed over";
  ScalingEnv env(std::move(tapes), {.copies = 16, .episode_ticks = 200});
  EnvStep step;
  env.reset(1, step);
  int ends = 0;
  const std::vector<float> zeros(static_cast<std::size_t>(env.size() * env.action_size()), 0);
  for (int i = 0; i < 400; ++i) {
    env.step(zeros, step);
    for (const auto done : step.done) ends += done;
    for (const float x : step.observations) ASSERT_TRUE(std::isfinite(x) && std::abs(x) <= 4);
    for (const float x : step.cost) ASSERT_TRUE(std::isfinite(x) && x >= 0);
    for (const float x : step.missed) ASSERT_TRUE(std::isfinite(x) && x >= 0);
  }
  EXPECT_NEAR(ends, 16 * 2, 16);
}

}  // namespace
}  // namespace starling
