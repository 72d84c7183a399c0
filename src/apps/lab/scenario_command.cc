// starling-lab scenario: makes a scenario of a trace, to replay one's own workloads.
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "apps/lab/commands.h"
#include "apps/lab/refusal.h"
#include "base/counted.h"
#include "base/file.h"
#include "base/units.h"
#include "sim/scenario.h"
#include "sim/scenario_draft.h"
#include "trace/read.h"
#include "trace/write.h"

namespace starling::lab {
namespace {

constexpr const char* kExamples = R"(Examples:
  # Models that share 1.25 times what they need in their busiest hour
  starling-lab scenario --trace day.csv --rate-min 50/min --rate-max 1500/min --capacity 1.25x --out scarce.yaml
  # Two stretches of two days each, at their own rates, with room for everything
  starling-lab scenario --trace site.csv --models 2 --stretch 2d --capacity 400 --out site.yaml
  starling-lab replay scarce.yaml --policy predictive,hpa --seeds 5)";

struct ScenarioArguments {
  std::vector<std::string> traces;
  std::string out;
  std::string unit = "requests";
  std::string stretch;
  std::string rate_min, rate_max;
  std::string service_mean = "154ms", slo = "720ms", cold_start = "35s", release = "30s";
  std::string decision_interval = "10s";
  std::string capacity = "10x";
  ScenarioDraft draft;
};

Result<double> number_in(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    return fail(ErrorCode::kInvalid, "no number");
  }
  return value;
}

/// Requests a second: "50/min", "25/s".
Result<double> rate_in(const std::string& option, std::string_view text) {
  for (const auto& [unit, per_second] : {std::pair{"/min", 60.0}, std::pair{"/s", 1.0}}) {
    if (!text.ends_with(unit)) continue;
    const auto number = number_in(text.substr(0, text.size() - std::string_view(unit).size()));
    if (number && *number > 0) return *number / per_second;
  }
  return fail(ErrorCode::kInvalid,
              "{} {}: expected a rate greater than zero, such as 50/min or 25/s", option, text);
}

/// "1.25x" times the busiest hour's load, or "400" replicas.
Status set_capacity(ScenarioDraft& draft, std::string_view text) {
  const bool factor = text.ends_with('x');
  const auto number = number_in(factor ? text.substr(0, text.size() - 1) : text);
  const bool whole = number && *number == std::floor(*number);
  if (!number || *number <= 0 || *number > kReplicasMax || (!factor && !whole)) {
    return fail(
        ErrorCode::kInvalid,
        "--capacity {}: expected replicas, such as 400, or so many times the busiest hour's "
        "load, such as 1.25x",
        text);
  }
  if (factor) {
    draft.load_factor = *number;
  } else {
    draft.replicas = static_cast<int>(*number);
  }
  return {};
}

ScenarioDraft draft_of(const ScenarioArguments& arguments) {
  ScenarioDraft draft = arguments.draft;
  draft.per_second = arguments.unit == "requests/s";
  const auto set = [](Duration& to, const char* option, const std::string& text) {
    const auto read = parse_duration(text);
    if (!read || *read <= Duration::zero()) {
      refuse(fmt::format("{} {}: expected a time, such as 30s", option, text));
    }
    to = *read;
  };
  if (!arguments.stretch.empty()) set(draft.stretch, "--stretch", arguments.stretch);
  set(draft.service_mean, "--service-mean", arguments.service_mean);
  set(draft.slo, "--slo", arguments.slo);
  set(draft.cold_start, "--cold-start", arguments.cold_start);
  set(draft.release, "--release", arguments.release);
  set(draft.decision_interval, "--interval", arguments.decision_interval);
  if (arguments.rate_min.empty() != arguments.rate_max.empty()) {
    refuse("--rate-min and --rate-max are given together, or neither");
  }
  if (!arguments.rate_min.empty()) {
    draft.rates = {value_or_fail(rate_in("--rate-min", arguments.rate_min)),
                   value_or_fail(rate_in("--rate-max", arguments.rate_max))};
  }
  ok_or_fail(set_capacity(draft, arguments.capacity));
  return draft;
}

/// The file beside the scenario that takes its trace. Never one that is read.
std::filesystem::path trace_beside(const std::filesystem::path& out,
                                   const std::vector<std::string>& read) {
  if (out.extension() != ".yaml" && out.extension() != ".yml") {
    refuse(fmt::format("--out {}: a scenario's file ends in .yaml", out.string()));
  }
  const auto trace = std::filesystem::path(out).replace_extension(".csv");
  for (const std::string& file : read) {
    std::error_code ignored;
    if (!std::filesystem::equivalent(file, trace, ignored)) continue;
    refuse(fmt::format(
        "--out {}: the scenario's trace would replace {}; give the scenario another name",
        out.string(), file));
  }
  return trace;
}

void say_what_was_made(const ScenarioArguments& arguments, const DraftedScenario& made,
                       std::ptrdiff_t workloads, const std::string& trace) {
  if (made.replicas_asked < made.replicas) {
    fmt::print(stderr, "--capacity {} would be {}; {} {} needed, one a model\n", arguments.capacity,
               counted(made.replicas_asked, "replica"), made.replicas,
               made.replicas == 1 ? "is" : "are");
  }
  fmt::print(stderr,
             "{}: {} of {} on {}, {:.2f} times the {:.2f} Erlang of their busiest hour; trace in "
             "{}\n",
             arguments.out, counted(std::ssize(made.trace), "model"),
             counted(workloads, "workload"), counted(made.replicas, "replica"),
             made.replicas / made.busiest_hour_load, made.busiest_hour_load, trace);
}

void run_scenario(const ScenarioArguments& arguments) {
  const std::filesystem::path out = arguments.out;
  const auto trace = trace_beside(out, arguments.traces);
  ok_or_fail(check_writable(out));
  ok_or_fail(check_writable(trace));
  const ScenarioDraft draft = draft_of(arguments);
  std::vector<Series> series;
  for (const std::string& file : arguments.traces) {
    for (Series& one : value_or_fail(read_trace(file, {.is_demand = true}))) {
      series.push_back(std::move(one));
    }
  }
  const std::string name = out.stem().string();
  const DraftedScenario made =
      value_or_fail(draft_scenario(name, trace.filename().string(), series, draft));
  ok_or_fail(write_trace(trace.string(), made.trace, {.form = usual_form(made.trace)}));
  ok_or_fail(write_file_atomically(out, made.yaml));
  say_what_was_made(arguments, made, std::ssize(series), trace.string());
}

}  // namespace

void add_scenario_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("scenario", "Make a scenario of a trace, for starling-lab replay");
  command->footer(kExamples);
  auto arguments = std::make_shared<ScenarioArguments>();
  ScenarioArguments& a = *arguments;
  command->add_option("--trace", a.traces, "Trace files (docs/traces.md), of one step")->required();
  command->add_option("--out", a.out, "The scenario; its trace is written beside it")->required();
  command->add_option("--models", a.draft.models, "The busiest workloads become models")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--unit", a.unit, "What the trace's values are")
      ->check(CLI::IsMember({"requests", "requests/s"}))
      ->capture_default_str();
  command->add_option("--stretch", a.stretch,
                      "Cut each workload into stretches of this length, workloads of their own");
  command
      ->add_option("--variation-min", a.draft.variation_min,
                   "Least standard deviation of a workload's intervals over their mean")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  command
      ->add_option("--silent-max", a.draft.silent_max,
                   "Largest share of a workload's intervals without a request")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->add_option("--rate-min", a.rate_min,
                      "Mean rate of the least busy model: 50/min. Without rates: as recorded");
  command->add_option("--rate-max", a.rate_max, "And of the busiest; between by equal factors");
  command->add_option("--times", a.draft.times, "Multiplies recorded rates")
      ->check(CLI::Range(1e-6, 1e6))
      ->capture_default_str();
  command
      ->add_option("--capacity", a.capacity,
                   "Replicas, or so many times the busiest hour's mean load: 1.25x")
      ->capture_default_str();
  command->add_option("--service-mean", a.service_mean, "Mean service time (lognormal)")
      ->capture_default_str();
  command->add_option("--slo", a.slo, "Latency that requests are to meet")->capture_default_str();
  command->add_option("--percentile", a.draft.percentile, "Share of them, %")
      ->check(CLI::Range(1.0, 99.99))
      ->capture_default_str();
  command->add_option("--cold-start", a.cold_start, "Decision to first request")
      ->capture_default_str();
  command->add_option("--release", a.release, "A stopped replica holds its room for so long")
      ->capture_default_str();
  command->add_option("--queue-limit", a.draft.queue_limit, "Requests that may wait")
      ->check(CLI::Range(0, 10'000'000))
      ->capture_default_str();
  command->add_option("--interval", a.decision_interval, "Between two decisions")
      ->capture_default_str();
  command->callback([arguments] { run_scenario(*arguments); });
}

}  // namespace starling::lab
