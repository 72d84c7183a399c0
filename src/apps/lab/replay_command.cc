// starling-lab replay: runs a scenario in simulation under one or more policies and compares them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "apps/lab/commands.h"
#include "forecast/baselines.h"
#include "sim/replay_summary.h"

namespace starling::lab {
namespace {

struct ReplayArguments {
  std::string scenario;
  std::vector<std::string> policies{"fair-share", "hpa", "predictive"};
  std::string forecaster = "ses";
  std::string output = "table";
  std::optional<std::uint64_t> seed;
  int seeds = 1;
};

template <typename T>
T value_or_fail(Result<T> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "starling-lab replay: {}\n", result.error().message);
  throw Failed{};
}

void run_replay(const ReplayArguments& arguments) {
  const Scenario scenario = value_or_fail(read_scenario(arguments.scenario));
  const auto forecaster = value_or_fail(make_forecaster(arguments.forecaster));
  const std::uint64_t seed = arguments.seed.value_or(scenario.seed);
  std::vector<ReplayRuns> policies;
  for (const auto& policy : arguments.policies) {
    const auto begin = std::chrono::steady_clock::now();
    ReplayRuns runs;
    for (int i = 0; i < arguments.seeds; ++i) {
      runs.push_back(value_or_fail(
          replay(scenario, policy, forecaster.get(), seed + static_cast<std::uint64_t>(i))));
    }
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    fmt::print(stderr, "{}: {} requests{} in {:.2f} s\n", policy, runs.front().requests,
               arguments.seeds > 1 ? fmt::format(", {} seeds", arguments.seeds) : "",
               taken.count());
    policies.push_back(std::move(runs));
  }
  if (arguments.output == "json") {
    fmt::print("{}\n", replay_json(scenario.name, seed, policies).dump(2));
  } else {
    fmt::print("{}", replay_table(policies));
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
                   fmt::format("Policies, comma separated: {}", fmt::join(replay_policies(), ", ")))
      ->delimiter(',')
      ->capture_default_str();
  command
      ->add_option("--forecaster", arguments->forecaster,
                   "What the predictive policy looks ahead with")
      ->capture_default_str();
  command->add_option("--seed", arguments->seed, "Instead of the scenario's seed");
  command
      ->add_option("--seeds", arguments->seeds,
                   "Runs with so many seeds of arrivals, the first and those that follow it: means "
                   "and 95 % intervals")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("-o,--output", arguments->output, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  command->footer(
      "Examples:\n"
      "  starling-lab replay scenarios/ten-models.yaml\n"
      "  starling-lab replay mine.yaml --policy predictive,hpa,kpa --seeds 5 -o json\n");
  command->callback([arguments] { run_replay(*arguments); });
}

}  // namespace starling::lab
