// starling-lab replay: runs a scenario in simulation under one or more policies and compares them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/cli/replay_report.h"
#include "apps/cli/replay_runs.h"
#include "apps/lab/commands.h"
#include "apps/lab/output_option.h"
#include "apps/lab/refusal.h"
#include "apps/lab/replay_timeline.h"
#include "apps/lab/seed_option.h"
#include "base/file.h"
#include "forecast/baselines.h"
#include "forecast/net/net_forecaster.h"
#include "forecast/shipped.h"
#include "sim/equal_slo.h"
#include "sim/replay_summary.h"

namespace starling::lab {
namespace {

struct ReplayArguments {
  std::string scenario;
  std::vector<std::string> policies{"fair-share", "hpa", "predictive"};
  std::string forecaster = "ses";
  std::string model;  // empty: the shipped one
  std::string output = "table";
  std::optional<std::uint64_t> seed;
  int seeds = 1;
  std::string report;
  std::string timeline;
  std::string equal_slo;  // a policy whose attainment the others are tuned to
  std::string weights;    // of the learned policy
  bool no_sizing = false;
};

/// Everything that can be known to be wrong before the first run.
void check(const ReplayArguments& arguments) {
  const auto& policies = arguments.policies;
  for (const auto& policy : policies) {
    ok_or_fail(check_replay_policy(policy));
    if (std::count(policies.begin(), policies.end(), policy) > 1)
      refuse(fmt::format("--policy {0}: {0} is named twice; once is enough", policy));
  }
  if (!arguments.model.empty() && arguments.forecaster != "net") {
    refuse(
        fmt::format("--model {}: only --forecaster net reads weights, and this is {}; add "
                    "--forecaster net or leave --model out",
                    arguments.model, arguments.forecaster));
  }
  if (!arguments.equal_slo.empty() &&
      std::find(policies.begin(), policies.end(), arguments.equal_slo) == policies.end()) {
    refuse(fmt::format("--equal-slo {}: it must be one of --policy: {}", arguments.equal_slo,
                       fmt::join(policies, ", ")));
  }
  if (!arguments.report.empty()) ok_or_fail(check_writable(arguments.report));
  if (!arguments.report.empty() && arguments.report == arguments.timeline) {
    refuse(fmt::format("{}: --report and --timeline need a file each", arguments.report));
  }
}

/// Runs one policy with all seeds. Rows go to `file` as they come, what the page shows into
/// `report`; null: not wanted.
ReplayRuns run_policy(const cli::ReplayTask& common, const std::string& policy, TimelineFile* file,
                      cli::ReplayReport* report, const PolicyOptions& options) {
  std::vector<std::string> models;
  for (const auto& model : common.scenario->models) models.push_back(model.name);
  cli::ReplayTask task = common;
  task.timelines = file != nullptr ? task.seeds : report != nullptr ? 1 : 0;
  const auto take = [&](std::uint64_t seed, Timeline timeline) -> Status {
    if (file != nullptr) {
      if (Status added = file->add(timeline_rows(policy, seed, models, timeline)); !added)
        return added;
    }
    if (report != nullptr && seed == task.seed) report->timelines.push_back(std::move(timeline));
    return {};
  };
  return value_or_fail(cli::replay_runs(task, policy, options, take));
}

/// The other policies that have a knob, each tuned until it attains, in the mean over all seeds,
/// what the reference does: rows named "hpa@0.63".
void add_equal_slo(const ReplayArguments& arguments, const cli::ReplayTask& task,
                   const PolicyOptions& options, cli::ReplayReport& report) {
  const auto reference =
      std::find(arguments.policies.begin(), arguments.policies.end(), arguments.equal_slo);
  const auto index = static_cast<std::size_t>(reference - arguments.policies.begin());
  const double attainment = mean_attainment(report.policies[index]);
  for (const auto& policy : arguments.policies) {
    if (policy == arguments.equal_slo || knob_of(policy) == nullptr) continue;
    const EqualSlo found = [&] {
      cli::ReplayProgress progress(fmt::format("{}, tuned", policy));
      return value_or_fail(replay_at_equal_slo(*task.scenario, policy, attainment, task.forecaster,
                                               task.seed, task.seeds, options,
                                               [&](double share) { progress.show(share); }));
    }();
    fmt::print(stderr, "{}: {:.2f} % of requests met the SLO, with {} {:.2f} %\n",
               found.runs.front().policy, 100 * mean_attainment(found.runs), arguments.equal_slo,
               100 * attainment);
    report.policies.push_back(found.runs);
  }
}

/// The network that agents start from, or a baseline.
std::unique_ptr<Forecaster> forecaster_of(const ReplayArguments& arguments) {
  if (arguments.forecaster != "net") return value_or_fail(make_forecaster(arguments.forecaster));
  auto net = NetForecaster::load(arguments.model.empty() ? shipped_forecaster()
                                                         : std::filesystem::path(arguments.model));
  if (!net) refuse("--model: " + net.error().message);
  return std::move(*net);
}

void run_replay(const ReplayArguments& arguments) {
  check(arguments);
  Scenario scenario = value_or_fail(read_scenario(arguments.scenario));
  if (arguments.no_sizing) {
    for (auto& model : scenario.models) model.sizing.mode = SizingMode::kOff;
  }
  const std::unique_ptr<Forecaster> forecaster = forecaster_of(arguments);
  PolicyOptions options;
  if (!arguments.weights.empty()) {
    options.learned = value_or_fail(read_policy_net(arguments.weights));
    if (options.learned->direct) {
      refuse(
          fmt::format("{}: weights of policy train --direct, an ablation that only policy "
                      "evaluate can judge; train without --direct",
                      arguments.weights));
    }
  }
  std::optional<TimelineFile> file;
  if (!arguments.timeline.empty())
    file.emplace(value_or_fail(TimelineFile::begin(arguments.timeline)));
  cli::ReplayReport report{.forecaster = arguments.forecaster,
                           .seed = arguments.seed.value_or(scenario.seed),
                           .policies = {},
                           .timelines = {}};
  const cli::ReplayTask task{.scenario = &scenario,
                             .forecaster = forecaster.get(),
                             .seed = report.seed,
                             .seeds = arguments.seeds};
  for (const auto& policy : arguments.policies) {
    const auto begin = std::chrono::steady_clock::now();
    ReplayRuns runs = run_policy(task, policy, file ? &*file : nullptr,
                                 arguments.report.empty() ? nullptr : &report, options);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    fmt::print(stderr, "{}: {} requests{} in {:.2f} s\n", policy, runs.front().requests,
               arguments.seeds > 1 ? fmt::format(", {} seeds", arguments.seeds) : "",
               taken.count());
    report.policies.push_back(std::move(runs));
  }
  if (!arguments.equal_slo.empty()) add_equal_slo(arguments, task, options, report);
  if (arguments.output == "json") {
    fmt::print("{}\n", replay_json(scenario.name, report.seed, report.policies).dump(2));
  } else {
    fmt::print("{}", replay_table(report.policies));
  }
  if (file) ok_or_fail(file->finish());
  if (arguments.report.empty()) return;
  const std::string html = value_or_fail(cli::replay_page(scenario, report).html());
  ok_or_fail(write_file_atomically(arguments.report, html));
  fmt::print(stderr, "{}: open it in a browser\n", arguments.report);
}

}  // namespace

void add_replay_command(CLI::App& app) {
  auto arguments = std::make_shared<ReplayArguments>();
  CLI::App* command = app.add_subcommand("replay", "Compare policies on a scenario, in simulation");
  command->add_option("scenario", arguments->scenario, "Scenario file (kind: Scenario)")
      ->required();
  command
      ->add_option("--policy", arguments->policies,
                   fmt::format("Policies, comma separated; hpa@0.5 sets hpa's target: {}",
                               fmt::join(replay_policies(), ", ")))
      ->delimiter(',')
      ->capture_default_str();
  command
      ->add_option(
          "--forecaster", arguments->forecaster,
          fmt::format("What predictive, learned and greedy look ahead with: {} or net, the "
                      "network that agents begin with",
                      fmt::join(baseline_names(), ", ")))
      ->capture_default_str();
  command->add_option("--model", arguments->model,
                      "The weights of net; default: those that come with the program");
  command->add_option("--equal-slo", arguments->equal_slo,
                      "Also tune the others' targets until they attain what this policy does");
  command->add_option("--policy-weights", arguments->weights,
                      "Weights of the learned policy, instead of those that come with it");
  command->add_flag("--no-sizing", arguments->no_sizing,
                    "Leave all replicas at their first size, as if no model stated sizing");
  command->add_option("--seed", arguments->seed, "Instead of the scenario's seed")
      ->check(negative_seed);
  command
      ->add_option("--seeds", arguments->seeds,
                   "Runs with so many seeds of arrivals, the first and those that follow it: means "
                   "and 95 % intervals")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  add_output_option(*command, arguments->output);
  command->add_option("--report", arguments->report,
                      "Also write a page to this file: the comparison, cost against SLO, and each "
                      "model in time");
  command->add_option("--timeline", arguments->timeline,
                      "Also write a CSV file: a row for each policy, seed, model and decision");
  command->footer(
      "Examples:\n"
      "  starling-lab replay scenarios/ten-models.yaml\n"
      "  starling-lab replay mine.yaml --policy predictive,hpa,kpa --seeds 5 -o json\n"
      "  starling-lab replay mine.yaml --policy predictive,hpa,hpa@0.5\n"
      "  starling-lab replay mine.yaml --policy learned,hpa,kpa --equal-slo learned\n"
      "  starling-lab replay mine.yaml --policy predictive,hpa --report mine.html --timeline "
      "mine.csv\n");
  command->callback([arguments] { run_replay(*arguments); });
}

}  // namespace starling::lab
