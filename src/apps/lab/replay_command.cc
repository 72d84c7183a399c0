// starling-lab replay: runs a scenario in simulation under one or more policies and compares them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
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

/// "98.66 %", and with several seeds "98.66 ±0.03".
std::string shown(const ReplayRuns& runs, double (*of)(const ReplayOutcome&), int decimals) {
  std::vector<double> values;
  for (const ReplayOutcome& run : runs) values.push_back(of(run));
  const MeanOfRuns mean = mean_of_runs(values);
  return runs.size() > 1
             ? fmt::format("{:.{}f} ±{:.{}f}", mean.mean, decimals, mean.half_width, decimals)
             : fmt::format("{:.{}f}", mean.mean, decimals);
}

void print_table(const std::vector<ReplayRuns>& policies) {
  using Outcome = const ReplayOutcome&;
  struct Column {
    const char* title;
    double (*of)(Outcome);
    int decimals;
  };
  constexpr Column kColumns[] = {
      {"REQUESTS", [](Outcome o) { return static_cast<double>(o.requests); }, 0},
      {"SLO MET %", [](Outcome o) { return 100 * o.slo_attainment; }, 2},
      {"PER MODEL %", [](Outcome o) { return 100 * o.slo_attainment_model_mean; }, 2},
      {"DROPPED", [](Outcome o) { return static_cast<double>(o.dropped); }, 0},
      {"MEAN MS", [](Outcome o) { return o.latency_mean_ms; }, 0},
      {"P95 MS", [](Outcome o) { return o.latency_p95_ms; }, 0},
      {"P99 MS", [](Outcome o) { return o.latency_p99_ms; }, 0},
      {"USED %", [](Outcome o) { return 100 * o.utilization; }, 1},
      {"REPL HOURS", [](Outcome o) { return o.replica_hours; }, 1},
      {"COST", [](Outcome o) { return o.cost; }, 2},
      {"ACTIONS", [](Outcome o) { return static_cast<double>(o.scale_actions); }, 0},
  };
  std::vector<std::vector<std::string>> cells{{"POLICY"}};
  for (const Column& column : kColumns) cells.front().emplace_back(column.title);
  for (const ReplayRuns& runs : policies) {
    auto& row = cells.emplace_back(std::vector<std::string>{runs.front().policy});
    for (const Column& column : kColumns) row.push_back(shown(runs, column.of, column.decimals));
  }
  std::vector<std::size_t> widths(cells.front().size());
  const auto letters = [](const std::string& text) {  // "±" is two bytes
    return text.size() - (text.find("±") != std::string::npos ? 1 : 0);
  };
  for (const auto& row : cells) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], letters(row[i]));
  }
  for (const auto& row : cells) {
    std::string line = fmt::format("{:<{}}", row[0], widths[0]);
    for (std::size_t i = 1; i < row.size(); ++i) {
      line += std::string(2 + widths[i] - letters(row[i]), ' ') + row[i];
    }
    fmt::print("{}\n", line);
  }
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
    print_table(policies);
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
