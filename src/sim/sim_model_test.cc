// Replicas that start at random times, fail, or go with their node.
#include "sim/sim_model.h"

#include <gtest/gtest.h>

#include <cmath>

#include "policy/static_policy.h"

namespace starling {
namespace {

/// One model at a steady rate on one node that fits `replicas` of it.
Scenario steady(double rate, int replicas, int minutes) {
  Scenario scenario;
  scenario.nodes = {{"a", "", "", "", 1000LL * replicas, 0, 0, 0}};
  ScenarioModel model;
  model.name = "m0";
  model.service_time = {Distribution::Law::kExponential, 0, 0.1, 1, {}};
  model.slo.latency = 1s;
  model.queue_limit = 1'000'000;
  model.replicas = {1, replicas};
  model.resources = {1000, 0};
  model.demand.assign(static_cast<std::size_t>(minutes), rate * 60);
  scenario.models = {model};
  return scenario;
}

/// Wishes `low` replicas before `from` seconds and `high` after; notes what is ready and told.
class Step final : public Policy {
 public:
  Step(int from, int low, int high, std::vector<Observation>* seen)
      : from_(from), low_(low), high_(high), seen_(seen) {}
  std::string name() const override { return "step"; }
  Allocation decide(const Observation& observation, const Objective&) override {
    seen_->push_back(observation);
    Allocation allocation;
    allocation.replicas = unix_seconds(observation.now) >= from_ ? high_ : low_;
    return allocation;
  }

 private:
  int from_, low_, high_;
  std::vector<Observation>* seen_;
};

struct StepRun {
  ModelOutcome outcome;
  std::vector<Observation> seen;
  std::vector<int> ready() const {
    std::vector<int> ready;
    for (const auto& observation : seen) ready.push_back(observation.ready);
    return ready;
  }
};

StepRun run_step(const Scenario& scenario, int from, int low, int high) {
  StepRun run;
  std::vector<ModelRun> runs;
  runs.push_back({std::make_unique<Step>(from, low, high, &run.seen), low});
  run.outcome = simulate(scenario, std::move(runs), nullptr, 1).value().front();
  return run;
}

TEST(SimModel, ReplicasFailAtTheirRateAndAreReplaced) {
  Scenario scenario = steady(50, 10, 600);
  scenario.models[0].mean_time_between_failures = 10min;
  const auto failing = run_step(scenario, 0, 10, 10).outcome;
  const double expected = failing.replica_s / 600;
  EXPECT_NEAR(static_cast<double>(failing.replicas_lost), expected, 4 * std::sqrt(expected));
  EXPECT_LT(failing.replica_s, 10.0 * 36'000) << "a lost one's room is free until the decision";
  EXPECT_GT(failing.replica_s, 9.8 * 36'000);
  // A request is in service for half of a replica's time.
  EXPECT_NEAR(static_cast<double>(failing.totals.retried), expected / 2, 4 * std::sqrt(expected));
  EXPECT_EQ(failing.totals.served, failing.totals.arrived);

  scenario.models[0].mean_time_between_failures = {};
  const auto steady_run = run_step(scenario, 0, 10, 10).outcome;
  EXPECT_EQ(steady_run.totals.arrived, failing.totals.arrived) << "the same demand";
  EXPECT_EQ(steady_run.replicas_lost, 0u);
  EXPECT_LT(steady_run.totals.latency_sum_s, failing.totals.latency_sum_s);
}

TEST(SimModel, AnEvictedNodesReplicasStopAndComeBack) {
  Scenario scenario = steady(5, 2, 3);
  scenario.nodes.push_back({"b", "", "", "", 2000, 0, 1, 0});
  scenario.models[0].replicas = {1, 4};
  scenario.evictions = {{0, 30, 40, 90}};
  const auto run = run_step(scenario, 0, 4, 4);
  // Decisions at 10, 20, …: gone at 40 s, asked for again at 90 s, seen at 100 s.
  EXPECT_EQ(run.ready(), (std::vector<int>{4, 4, 4, 2, 2, 2, 2, 2, 2, 4, 4, 4, 4, 4, 4, 4, 4}));
  EXPECT_EQ(run.outcome.replicas_lost, 2u);
  EXPECT_NEAR(run.outcome.replica_s, 2 * 180 + 2 * 40 + 2 * 90, 1e-9);
}

TEST(SimModel, ANodeTakesNoReplicasFromTheNoticeOn) {
  Scenario scenario = steady(5, 2, 3);
  scenario.nodes.push_back({"b", "", "", "", 2000, 0, 1, 0});  // dearer: 1 an hour for a replica
  scenario.models[0].replicas = {1, 4};
  scenario.evictions = {{0, 20, 10'000, 20'000}};
  EXPECT_NEAR(run_step(scenario, 30, 1, 2).outcome.cost, 150.0 / 3600, 1e-9);
  scenario.evictions = {{0, 40, 10'000, 20'000}};
  EXPECT_NEAR(run_step(scenario, 30, 1, 2).outcome.cost, 0, 1e-9);
}

TEST(SimModel, ATerminatingReplicaIsNotTakenBackOnANodeThatGoes) {
  Scenario scenario = steady(1, 2, 3);
  scenario.models[0].release = 100s;
  scenario.evictions = {{0, 25, 60, 10'000}};
  std::vector<Observation> seen;
  std::vector<ModelRun> runs;
  runs.push_back({std::make_unique<Step>(30, 1, 2, &seen), 2});
  const auto outcome = simulate(scenario, std::move(runs), nullptr, 1).value().front();
  // Removed at 10 s and wished again at 30 s: within its release, but the node has given notice.
  EXPECT_EQ(seen[3].ready, 1);
  EXPECT_EQ(seen[5].ready, 0) << "the other one goes at 60 s, too";
  EXPECT_NEAR(outcome.replica_s, 60 + 60, 1e-9);
  EXPECT_EQ(outcome.replicas_lost, 2u);
}

TEST(SimModel, AReplicaThatIsTakenBackServesNobodyBesideItsLastRequests) {
  Scenario scenario = steady(1, 1, 2);
  scenario.arrivals = Arrivals::kEven;
  ScenarioModel& model = scenario.models[0];
  model.service_time = {Distribution::Law::kExponential, 18, 0, 1, {}};  // 18 s each
  model.warm_start = 1s;
  model.release = 100s;
  model.replicas = {0, 1};
  std::vector<Observation> seen;
  std::vector<ModelRun> runs;
  runs.push_back({std::make_unique<Step>(20, 0, 1, &seen), 1});
  ASSERT_TRUE(simulate(scenario, std::move(runs), nullptr, 1).has_value());
  // Let go at 10 s in the middle of a request, taken back at 20 s.
  ASSERT_GT(seen.size(), 6u);
  for (const Observation& then : seen)
    EXPECT_LE(then.in_flight - then.queued, 1) << unix_seconds(then.now);
  EXPECT_EQ(seen.back().ready, 1);
}

TEST(SimModel, EachStartTakesItsOwnTime) {
  Scenario scenario = steady(5, 401, 3);
  scenario.models[0].cold_start = 45s;
  scenario.models[0].cold_start_law =
      Distribution{Distribution::Law::kEmpirical, 0, 0, 1, {5, 25, 45, 45}};
  const auto run = run_step(scenario, 20, 1, 401);
  EXPECT_NEAR(run.ready()[2], 1 + 100, 40);  // at 30 s
  EXPECT_NEAR(run.ready()[4], 1 + 200, 40);
  EXPECT_EQ(run.ready()[6], 401);
  EXPECT_EQ(run.seen.front().cold_start, 45s) << "what policies are told";
}

TEST(SimModel, UnderOverloadRejectingKeepsWhatIsAdmittedWithinItsSlo) {
  Scenario scenario = steady(15, 1, 60);  // 1.5 erlang on one replica
  scenario.models[0].queue_limit = 50;
  const auto share = [](std::uint64_t part, std::uint64_t whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
  };
  const auto queued = run_step(scenario, 0, 1, 1).outcome.totals;
  EXPECT_LT(share(queued.met_slo, queued.arrived), 0.05);
  EXPECT_EQ(queued.rejected, 0u);

  scenario.models[0].admission = Admission::kReject;
  const auto run = run_step(scenario, 0, 1, 1);
  const auto& totals = run.outcome.totals;
  EXPECT_EQ(totals.arrived, queued.arrived) << "the same demand";
  EXPECT_EQ(totals.dropped, 0u);
  EXPECT_EQ(totals.served + totals.rejected, totals.arrived);
  EXPECT_GT(share(totals.met_slo, totals.served), 0.8);
  EXPECT_GT(share(totals.met_slo, totals.arrived), 0.5) << "of the two thirds that fit";
  const auto& seen = run.seen.back();
  EXPECT_NEAR(seen.arrival_rate, 15, 6) << "the policy sees all of the demand";
  EXPECT_GT(seen.missed_rate, 1);

  Scenario calm = steady(3, 1, 60);
  calm.models[0].admission = Admission::kReject;
  EXPECT_LT(run_step(calm, 0, 1, 1).outcome.totals.rejected, 10u);
}

TEST(SimModel, BatchesServeWhatOneByOneCannot) {
  Scenario scenario = steady(15, 1, 10);  // 1.5 erlang on one replica
  scenario.models[0].queue_limit = 50;
  EXPECT_GT(run_step(scenario, 0, 1, 1).outcome.totals.dropped, 1000u);
  scenario.models[0].batch = {8, 0.1};
  const auto batched = run_step(scenario, 0, 1, 1);
  EXPECT_EQ(batched.outcome.totals.dropped, 0u);
  EXPECT_LT(batched.outcome.totals.busy_s, 600);
}

}  // namespace
}  // namespace starling
