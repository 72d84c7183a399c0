// starling replay: what the fleet's own past would have been under other policies.
#include <fmt/ranges.h>

#include <chrono>
#include <cstdio>

#include "apps/cli/commands.h"
#include "apps/cli/replay_history.h"
#include "apps/cli/replay_report.h"
#include "apps/cli/replay_runs.h"
#include "base/file.h"
#include "base/iso8601.h"
#include "base/units.h"
#include "forecast/baselines.h"

namespace starling::cli {
namespace {

using Json = nlohmann::json;

struct ReplayOptions {
  Common common;
  std::string since = "24h", until;  // until empty: now
  std::vector<std::string> models;
  std::vector<std::string> policies{"hpa", "kpa", "predictive", "learned"};
  std::string forecaster = "ses";
  int seeds = 1;
  std::string report;
};

template <typename T>
T value_or_stop(Result<T> result) {
  if (!result) stop_with(result.error());
  return std::move(*result);
}

void done_or_stop(const Status& status) {
  if (!status) stop_with(status.error());
}

/// Everything that can be known to be wrong before the fleet is asked.
void check(const ReplayOptions& options, TimePoint since, TimePoint until) {
  for (const auto& policy : options.policies) {
    if (auto status = check_replay_policy(policy); !status) stop_usage(status.error().message);
  }
  if (!options.report.empty()) done_or_stop(check_writable(options.report));
  if (since < until) return;
  stop_usage(fmt::format("--since {} is not before {}", options.since,
                         options.until.empty() ? "now" : "--until " + options.until));
}

void tell_what_is_left_out(const RecordedHistory& history, TimePoint since) {
  for (const Json& node : history.missing) {
    fmt::print(stderr, "partial: without node {}: {}\n", node["node"].get<std::string>(),
               node["reason"].get<std::string>());
  }
  if (!history.idle.empty())
    fmt::print(stderr, "left out, for no request came: {}\n", fmt::join(history.idle, ", "));
  if (history.span.since > since + history.span.step) {
    fmt::print(stderr, "the history of these models begins at {}\n", iso8601(history.span.since));
  }
}

/// One policy after the other; with a page wanted, each one's first seed in time too.
ReplayReport run_policies(const ReplayOptions& options, const Scenario& scenario,
                          const Forecaster& forecaster) {
  ReplayReport report{
      .forecaster = options.forecaster, .seed = scenario.seed, .policies = {}, .timelines = {}};
  const ReplayTask task{.scenario = &scenario,
                        .forecaster = &forecaster,
                        .seed = scenario.seed,
                        .seeds = options.seeds,
                        .timelines = options.report.empty() ? 0 : 1};
  const auto take = [&](std::uint64_t, Timeline timeline) -> Status {
    report.timelines.push_back(std::move(timeline));
    return {};
  };
  for (const auto& policy : options.policies)
    report.policies.push_back(value_or_stop(replay_runs(task, policy, {}, take)));
  return report;
}

Json json_of(const RecordedHistory& history, const ReplayReport& report) {
  const auto& name = history.recorded.name;
  Json json = replay_json(name, report.seed, report.policies);
  json["measured"] = replay_json(name, report.seed, {ReplayRuns{*report.measured}})["policies"][0];
  json["measured"].erase("name");
  json["since"] = iso8601(history.span.since);
  json["until"] = iso8601(history.span.until);
  json["step_s"] = seconds(history.span.step);
  json["idle"] = history.idle;
  json["missing"] = history.missing;
  return json;
}

std::string table_of(const RecordedHistory& history, const ReplayReport& report) {
  std::vector<ReplayRuns> rows = report.policies;
  rows.insert(rows.begin(), ReplayRuns{*report.measured});
  return replay_table(rows) +
         fmt::format(
             "{} to {} in steps of {}. Replays assume the service times and cold starts that were "
             "measured, today's specs and nodes, and no node lost.\n",
             iso8601(history.span.since), iso8601(history.span.until),
             format_duration(history.span.step));
}

void run_replay(const ReplayOptions& options) {
  const TimePoint since = time_of_option("--since", options.since);
  const TimePoint until = time_of_option("--until", options.until.empty() ? "0s" : options.until);
  check(options, since, until);
  const auto forecaster = make_forecaster(options.forecaster);
  if (!forecaster) stop_usage(forecaster.error().message);
  const auto history =
      value_or_stop(recorded_history(fleet_of(options.common), since, until, options.models));
  tell_what_is_left_out(history, since);
  const Scenario scenario = value_or_stop(scenario_of(history.recorded));
  ReplayReport report = run_policies(options, scenario, **forecaster);
  report.measured = measured_outcome(history.recorded);
  if (options.common.output == "json") {
    fmt::print("{}\n", json_of(history, report).dump(2));
  } else {
    fmt::print("{}", table_of(history, report));
  }
  if (options.report.empty()) return;
  done_or_stop(
      write_file_atomically(options.report, value_or_stop(replay_page(scenario, report).html())));
  fmt::print(stderr, "{}: open it in a browser\n", options.report);
}

}  // namespace

void add_replay_command(CLI::App& app) {
  auto* command = app.add_subcommand(
      "replay", "What the fleet's own past would have cost and missed under other policies");
  auto options = std::make_shared<ReplayOptions>();
  command->add_option("--since", options->since, "A duration back from now, or a time in UTC")
      ->capture_default_str();
  command->add_option("--until", options->until, "Likewise; default: now");
  command->add_option("--model", options->models, "Only these, comma separated; default: all")
      ->delimiter(',');
  command
      ->add_option("--policy", options->policies,
                   fmt::format("Policies, comma separated; hpa@0.5 sets hpa's target: {}",
                               fmt::join(replay_policies(), ", ")))
      ->delimiter(',')
      ->capture_default_str();
  command
      ->add_option("--forecaster", options->forecaster,
                   fmt::format("What predictive and learned look ahead with, in place of the "
                               "fleet's trained network: {}",
                               fmt::join(baseline_names(), ", ")))
      ->capture_default_str();
  command
      ->add_option("--seeds", options->seeds,
                   "Runs with so many seeds of chance: means and 95 % intervals")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--report", options->report,
                      "Also write a page to this file: the comparison, cost against SLO, and each "
                      "model in time");
  add_common(*command, options->common);
  command->footer(
      "The first row, measured, is what really happened. The others are simulated on the same "
      "requests,\nwith the service times and cold starts that were measured, today's specs and "
      "nodes, and no node lost.\n\n"
      "Examples:\n  starling replay\n"
      "  starling replay --policy hpa,hpa@0.5,predictive\n"
      "  starling replay --since 7d --model digits --policy hpa,kpa,predictive,learned --seeds 5\n"
      "  starling replay --since 2026-01-31T08:00 --until 2026-01-31T20:00 --report day.html\n");
  command->callback([options] { run_replay(*options); });
}

}  // namespace starling::cli
