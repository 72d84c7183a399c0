// starling-lab replay: runs a scenario in simulation under one or more policies and compares them.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "apps/lab/commands.h"
#include "forecast/baselines.h"
#include "sim/replay.h"

namespace starling::lab {
namespace {

struct ReplayArguments {
  std::string scenario;
  std::vector<std::string> policies{"fair-share", "hpa", "predictive"};
  std::string forecaster = "ses";
  std::string output = "table";
  std::optional<std::uint64_t> seed;
};

template <typename T>
T value_or_fail(Result<T> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "starling-lab replay: {}\n", result.error().message);
  throw Failed{};
}

void print_table(const std::vector<ReplayOutcome>& outcomes) {
  fmt::print("{:<12} {:>9} {:>9} {:>10} {:>8} {:>8} {:>8} {:>8} {:>6} {:>10} {:>10} {:>8}\n",
             "POLICY", "REQUESTS", "SLO MET", "PER MODEL", "DROPPED", "MEAN", "P95", "P99", "USED",
             "REPL HOURS", "COST", "ACTIONS");
  for (const auto& outcome : outcomes) {
    fmt::print(
        "{:<12} {:>9} {:>8.2f}% {:>9.2f}% {:>8} {:>6.0f}ms {:>6.0f}ms {:>6.0f}ms {:>5.1f}% "
        "{:>10.1f} {:>10.2f} {:>8}\n",
        outcome.policy, outcome.requests, 100 * outcome.slo_attainment,
        100 * outcome.slo_attainment_model_mean, outcome.dropped, outcome.latency_mean_ms,
        outcome.latency_p95_ms, outcome.latency_p99_ms, 100 * outcome.utilization,
        outcome.replica_hours, outcome.cost, outcome.scale_actions);
  }
}

void run_replay(const ReplayArguments& arguments) {
  const Scenario scenario = value_or_fail(read_scenario(arguments.scenario));
  const auto forecaster = value_or_fail(make_forecaster(arguments.forecaster));
  const std::uint64_t seed = arguments.seed.value_or(scenario.seed);
  std::vector<ReplayOutcome> outcomes;
  for (const auto& policy : arguments.policies) {
    const auto begin = std::chrono::steady_clock::now();
    outcomes.push_back(value_or_fail(replay(scenario, policy, forecaster.get(), seed)));
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    fmt::print(stderr, "{}: {} requests in {:.2f} s\n", policy, outcomes.back().requests,
               taken.count());
  }
  if (arguments.output == "json") {
    fmt::print("{}\n", replay_json(scenario, seed, outcomes).dump(2));
  } else {
    print_table(outcomes);
  }
}

}  // namespace

void add_replay_command(CLI::App& app) {
  auto arguments = std::make_shared<ReplayArguments>();
  CLI::App* command = app.add_subcommand("replay", "Compare policies on a scenario, in simulation");
  command->add_option("scenario", arguments->scenario, "Scenario file (kind: Scenario)")
      ->required();
  command
      ->add_option("--policy", arguments->policies,
                   "Policies, comma separated: predictive, hpa, static, fair-share, static-peak, "
                   "static-mean")
      ->delimiter(',')
      ->capture_default_str();
  command
      ->add_option("--forecaster", arguments->forecaster,
                   "What the predictive policy looks ahead with")
      ->capture_default_str();
  command->add_option("--seed", arguments->seed, "Instead of the scenario's seed");
  command->add_option("-o,--output", arguments->output, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  command->callback([arguments] { run_replay(*arguments); });
}

}  // namespace starling::lab
