#include "sim/request_sim.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "forecast/baselines.h"
#include "policy/queueing.h"
#include "policy/static_policy.h"
#include "sim/replay_summary.h"

namespace starling {
namespace {

constexpr double kServiceMean = 0.1;

/// One model with exponential service, Poisson arrivals at one rate and a fixed number of replicas.
Scenario queue_scenario(double rate, int replicas, int queue_limit, int minutes) {
  Scenario scenario;
  scenario.name = "queue";
  scenario.nodes = {{"all", "", "", "", 1000LL * replicas, 0, 1, 0}};
  ScenarioModel model;
  model.name = "m0";
  model.service_time = {Distribution::Law::kExponential, 0, kServiceMean, 1, {}};
  model.queue_limit = queue_limit;
  model.replicas = {1, replicas};
  model.initial = replicas;
  model.resources = {1000, 0};
  model.demand.assign(static_cast<std::size_t>(minutes), rate * 60);
  scenario.models = {model};
  return scenario;
}

ModelOutcome run_fixed(const Scenario& scenario, int replicas, std::uint64_t seed = 7) {
  std::vector<ModelRun> runs;
  runs.push_back({std::make_unique<StaticPolicy>(replicas), replicas});
  return simulate(scenario, std::move(runs), nullptr, seed).value().front();
}

TEST(RequestSim, WithALimitedQueueDropsMMcKsShare) {
  // M/M/1/K with K = 1 in service + 3 waiting at ρ = 0.8: (1 − ρ)ρ^K / (1 − ρ^(K+1)).
  const auto outcome = run_fixed(queue_scenario(8, 1, 3, 6000), 1);
  const double rho = 0.8;
  const double expected = (1 - rho) * std::pow(rho, 4) / (1 - std::pow(rho, 5));
  const double dropped =
      static_cast<double>(outcome.totals.dropped) / static_cast<double>(outcome.totals.arrived);
  EXPECT_NEAR(dropped, expected, 0.02 * expected);
}

TEST(RequestSim, OneReplicaWithConcurrencyIsAsGoodAsThatManyReplicas) {
  Scenario scenario = queue_scenario(40, 1, 1'000'000, 2000);
  scenario.models[0].concurrency = 5;
  const auto outcome = run_fixed(scenario, 1);
  const double expected = mmc_mean_wait_s(40, kServiceMean, 5);
  EXPECT_NEAR(outcome.totals.wait_sum_s / static_cast<double>(outcome.totals.served), expected,
              0.03 * expected);
}

/// Wishes 1 replica, and `high` within [from, to) seconds; notes how many were ready at each
/// decision.
class Pulse final : public Policy {
 public:
  Pulse(int from, int to, int high, std::vector<int>* ready = nullptr)
      : from_(from), to_(to), high_(high), ready_(ready) {}
  std::string name() const override { return "pulse"; }
  Allocation decide(const Observation& observation, const Objective&) override {
    if (ready_ != nullptr) ready_->push_back(observation.ready);
    const double t = unix_seconds(observation.now);
    Allocation allocation;
    allocation.replicas = t >= from_ && t < to_ ? high_ : 1;
    return allocation;
  }

 private:
  int from_, to_, high_;
  std::vector<int>* ready_;
};

struct PulseRun {
  ModelOutcome outcome;
  std::vector<int> ready;
};

PulseRun run_pulse(const Scenario& scenario, int from, int to, int high) {
  PulseRun run;
  std::vector<ModelRun> runs;
  runs.push_back({std::make_unique<Pulse>(from, to, high, &run.ready), 1});
  run.outcome = simulate(scenario, std::move(runs), nullptr, 1).value().front();
  return run;
}

TEST(RequestSim, AStartTakesTheColdStartAndReleaseHoldsTheCapacity) {
  Scenario scenario = queue_scenario(1, 4, 100, 3);
  scenario.models[0].cold_start = scenario.models[0].warm_start = 25s;
  scenario.models[0].release = 30s;
  const auto run = run_pulse(scenario, 20, 60, 3);
  // Decisions at 10, 20, …: asked for at 20 s, ready from 45 s on, gone at the decision of 60 s.
  EXPECT_EQ(run.ready, (std::vector<int>{1, 1, 1, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}));
  // One replica all 180 s; two more from 20 s until 60 s + 30 s.
  EXPECT_NEAR(run.outcome.replica_s, 180 + 2 * 70, 1e-6);
}

TEST(RequestSim, ATerminatingReplicaIsTakenBackInTheWarmStart) {
  Scenario scenario = queue_scenario(1, 2, 100, 2);
  scenario.models[0].cold_start = 50s;
  scenario.models[0].warm_start = 5s;
  scenario.models[0].release = 30s;
  scenario.models[0].initial = 2;
  std::vector<int> ready;
  class Dip final : public Policy {
   public:
    explicit Dip(std::vector<int>* ready) : ready_(ready) {}
    std::string name() const override { return "dip"; }
    Allocation decide(const Observation& observation, const Objective&) override {
      ready_->push_back(observation.ready);
      Allocation allocation;
      allocation.replicas = unix_seconds(observation.now) == 20 ? 1 : 2;
      return allocation;
    }

   private:
    std::vector<int>* ready_;
  };
  std::vector<ModelRun> runs;
  runs.push_back({std::make_unique<Dip>(&ready), 2});
  ASSERT_TRUE(simulate(scenario, std::move(runs), nullptr, 1).has_value());
  ready.resize(5);
  EXPECT_EQ(ready,
            (std::vector<int>{2, 2, 1, 2, 2}));  // gone at 20 s, asked for at 30 s, back at 35 s
}

RC_GTEST_PROP(RequestSim, EveryArrivalIsServedOrDropped, (std::uint64_t seed)) {
  Scenario scenario = queue_scenario(*rc::gen::inRange(1, 120), 6, *rc::gen::inRange(0, 20), 5);
  scenario.models[0].cold_start = 12s;
  scenario.models[0].release = 15s;
  const int from = *rc::gen::inRange(0, 100);
  std::vector<ModelRun> runs;
  runs.push_back(
      {std::make_unique<Pulse>(from, from + *rc::gen::inRange(0, 150), *rc::gen::inRange(0, 9)),
       1});
  const auto outcome = simulate(scenario, std::move(runs), nullptr, seed).value().front();
  RC_ASSERT(outcome.totals.arrived == outcome.totals.served + outcome.totals.dropped);
  RC_ASSERT(outcome.totals.met_slo <= outcome.totals.served);
  RC_ASSERT(outcome.replica_s <= 300.0 * 6 + 1e-6);  // never more than the capacity
}

TEST(RequestSim, TheSameSeedGivesTheSameBytes) {
  Scenario scenario = queue_scenario(30, 8, 50, 30);
  scenario.models[0].cold_start = 20s;
  const auto ses = make_forecaster("ses").value();
  const auto text = [&](std::uint64_t seed) {
    return replay_json(scenario.name, seed,
                       {{replay(scenario, "predictive", ses.get(), seed).value()}})
        .dump();
  };
  EXPECT_EQ(text(3), text(3));
  EXPECT_NE(text(3), text(4));
}

TEST(RequestSim, PoliciesMeetTheSameDemand) {
  const Scenario scenario = queue_scenario(30, 8, 50, 30);
  const auto hpa = replay(scenario, "hpa", nullptr, 3).value();
  const auto fair = replay(scenario, "fair-share", nullptr, 3).value();
  EXPECT_EQ(hpa.requests, fair.requests);
  EXPECT_DOUBLE_EQ(fair.replica_hours, 8 * 0.5);
  EXPECT_DOUBLE_EQ(fair.cost, 8 * 0.5);
  EXPECT_EQ(fair.scale_actions, 0u);
}

TEST(RequestSim, ScarceCapacityGoesInProportionToNeed) {
  Scenario scenario = queue_scenario(10, 9, 50, 10);
  ScenarioModel busy = scenario.models[0];
  busy.name = "m1";
  busy.demand.assign(10, 20 * 60);
  scenario.models.push_back(busy);
  for (auto& model : scenario.models) model.initial = 0;
  std::vector<ModelRun> runs;
  for (int i = 0; i < 2; ++i) runs.push_back({std::make_unique<StaticPolicy>(9), 0});
  const auto outcomes = simulate(scenario, std::move(runs), nullptr, 1).value();
  EXPECT_NEAR(outcomes[1].replica_s / outcomes[0].replica_s, 2, 0.01);  // 6 and 3
}

/// Gains so much by each replica up to `most`, which it wishes for, and loses as much with each of
/// those, nothing with those beyond.
class Valued final : public Policy {
 public:
  Valued(int most, double worth, std::vector<int>* ready)
      : most_(most), worth_(worth), ready_(ready) {}
  std::string name() const override { return "valued"; }
  Allocation decide(const Observation& observation, const Objective&) override {
    ready_->push_back(observation.ready);
    const int have = observation.ready + observation.starting;
    Allocation allocation;
    allocation.replicas = most_;
    allocation.values.gains = {have < most_ ? worth_ : 0};
    allocation.values.losses = {have > most_ ? 0 : worth_};
    return allocation;
  }

 private:
  int most_;
  double worth_;
  std::vector<int>* ready_;
};

TEST(RequestSim, WhatASellerReleasesIsTheBuyers) {
  Scenario scenario = queue_scenario(1, 3, 100, 3);
  scenario.models.push_back(scenario.models[0]);
  for (auto& model : scenario.models) {
    model.cold_start = 20s;
    model.warm_start = 1s;
    model.release = 30s;
  }
  std::vector<int> seller, buyer;
  std::vector<ModelRun> runs;
  runs.push_back({std::make_unique<Valued>(2, 100, &seller), 2});
  runs.push_back({std::make_unique<Valued>(2, 1000, &buyer), 1});
  (void)simulate(scenario, std::move(runs), nullptr, 1).value();
  // Sold at 10 s, free at 40 s, ready for the buyer at 60 s. The seller, who would rather have it
  // back, does not get it.
  EXPECT_EQ(seller, (std::vector<int>{2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}));
  EXPECT_EQ(buyer, (std::vector<int>{1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}));
}

TEST(RequestSim, NothingIsSoldWhoseRoomTheBuyerCannotUse) {
  Scenario scenario = queue_scenario(1, 3, 100, 3);
  scenario.models.push_back(scenario.models[0]);
  scenario.models[1].resources.cpu_millis *= 2;
  scenario.nodes[0].cpu_millis = scenario.models[0].resources.cpu_millis * 4;
  std::vector<int> seller, buyer;
  std::vector<ModelRun> runs;
  runs.push_back({std::make_unique<Valued>(2, 100, &seller), 2});
  runs.push_back({std::make_unique<Valued>(2, 1000, &buyer), 1});
  (void)simulate(scenario, std::move(runs), nullptr, 1).value();
  EXPECT_THAT(seller, ::testing::Each(2));
  EXPECT_THAT(buyer, ::testing::Each(1));
}

TEST(RequestSim, WhatIsBeyondAWishGoesToWhoeverLacksItInTheSameRound) {
  Scenario scenario = queue_scenario(0.001, 3, 100, 2);
  scenario.models.push_back(scenario.models[0]);
  for (auto& model : scenario.models) model.cold_start = 20s;
  std::vector<int> rich, poor;
  std::vector<ModelRun> runs;
  runs.push_back({std::make_unique<Valued>(1, 1000, &rich), 2});
  runs.push_back({std::make_unique<Valued>(2, 1000, &poor), 1});
  (void)simulate(scenario, std::move(runs), nullptr, 1).value();
  // Without a release time an idle replica's room is free at once: started at 10 s, ready at 30.
  EXPECT_EQ(rich, (std::vector<int>{2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}));
  EXPECT_EQ(poor, (std::vector<int>{1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2}));
}

TEST(Replay, AnUnknownPolicyNamesTheNearest) {
  const auto outcome = replay(queue_scenario(1, 1, 1, 1), "fairshare", nullptr, 1);
  ASSERT_FALSE(outcome.has_value());
  EXPECT_NE(outcome.error().message.find("did you mean 'fair-share'?"), std::string::npos);
}

}  // namespace
}  // namespace starling
