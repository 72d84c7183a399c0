// The tabulated miss shares beside what the request-level simulator counts, overload included.
#include "policy/market/miss_curve.h"

#include <gtest/gtest.h>

#include "policy/static_policy.h"
#include "sim/request_sim.h"

namespace starling {
namespace {

/// Share of requests refused or late at a steady rate, counted over some hours.
double simulated(const Distribution& law, double load, int servers, int queue_limit,
                 double limit_s) {
  Scenario scenario;
  scenario.trace_interval = 60s;
  scenario.nodes = {{"n", "c", "r", "z", 1'000'000, 1LL << 50, 0, 0}};
  ScenarioModel model;
  model.name = "m";
  model.service_time = law;
  model.slo.latency = from_seconds(limit_s);
  model.queue_limit = queue_limit;
  model.replicas = {servers, servers};
  model.initial = servers;
  model.demand.assign(300, 60 * load * servers / law.mean_s());
  scenario.models = {model};
  std::vector<ModelRun> runs;
  runs.push_back({std::make_unique<StaticPolicy>(servers), servers});
  const auto outcome = simulate(scenario, std::move(runs), nullptr, 1).value().front();
  return 1 -
         static_cast<double>(outcome.totals.met_slo) / static_cast<double>(outcome.totals.arrived);
}

TEST(MissCurve, IsNearWhatRequestsMeetFromIdleToOverload) {
  const Distribution lognormal{.law = Distribution::Law::kLognormal,
                               .location_s = 0.0793,
                               .scale_s = 0.0686,
                               .shape = 0.4225,
                               .values_s = {}};
  const Distribution exponential{
      .law = Distribution::Law::kExponential, .scale_s = 0.154, .shape = 1, .values_s = {}};
  for (const auto& law : {lognormal, exponential}) {
    for (const int servers : {1, 2, 4, 8, 16}) {
      for (const double load : {0.5, 0.7, 0.85, 0.95, 1.05, 1.3, 2.0}) {
        const double counted = simulated(law, load, servers, 50, 0.72);
        const double held =
            miss_share(load * servers / law.mean_s(), {law.mean_s(), law.scv()}, servers, 50, 0.72);
        EXPECT_NEAR(held, counted, 0.03)
            << servers << " servers at " << load << ", scv " << law.scv();
      }
    }
  }
}

}  // namespace
}  // namespace starling
