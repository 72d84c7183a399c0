// starling-lab forecast cases | evaluate | compare: methods judged on the same cases.
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "apps/lab/forecast_commands.h"
#include "apps/lab/forecast_methods.h"
#include "apps/lab/forecast_output.h"
#include "apps/lab/forecast_peers.h"
#include "apps/lab/forecast_report.h"
#include "apps/lab/forecast_sources.h"
#include "apps/lab/refusal.h"
#include "base/file.h"
#include "forecast/evaluation/scores.h"
#include "forecast/shipped.h"

namespace starling::lab {
namespace {

constexpr std::uint64_t kScoreSeed = 20;  // of the bootstrap: the same figures every time

struct EvaluateArguments {
  CaseSource source;
  std::string model;  // empty: the shipped one
  std::vector<std::string> methods = built_in_methods();
  std::string output = "table";
  std::string report;
  int draws = 1000;
};

/// What is judged, found to be there before anything is forecast.
struct Judged {
  std::vector<std::string> methods;
  std::optional<ForecasterArtifact> weights;  // where a method forecasts with some
};

Judged judged_methods(const EvaluateArguments& arguments) {
  Judged judged{.methods = {"naive"},  // what all others are measured against
                .weights = std::nullopt};
  auto& names = judged.methods;
  for (const std::string& name : arguments.methods) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  ok_or_fail(check_methods(names));
  if (!arguments.report.empty()) ok_or_fail(check_writable(arguments.report));
  if (!use_weights(names)) return judged;
  auto weights = read_artifact(arguments.model.empty() ? shipped_forecaster()
                                                       : std::filesystem::path(arguments.model));
  if (!weights) refuse("--model: " + weights.error().message);
  judged.weights = std::move(*weights);
  return judged;
}

std::vector<MethodForecasts> run_methods(const Judged& judged,
                                         const std::vector<ForecastCase>& cases) {
  const ForecasterArtifact* weights = judged.weights ? &*judged.weights : nullptr;
  std::vector<MethodForecasts> runs;
  for (const std::string& name : judged.methods) {
    runs.push_back(value_or_fail(run_method(name, cases, weights)));
    fmt::print(stderr, "{}: {} forecasts in {:.2f} s\n", name, cases.size(), runs.back().seconds);
  }
  return runs;
}

void print_comparison(const Comparison& comparison, const EvaluateArguments& arguments) {
  for (const std::string& dataset : comparison.left_out) {
    fmt::print(stderr, "{}: left out of the relative figures: naive makes no error there\n",
               dataset);
  }
  if (comparison.without_scale > 0) {
    fmt::print(stderr, "MASE leaves out {} of {} cases: their history never changes\n",
               comparison.without_scale, comparison.cases);
  }
  if (arguments.output == "json") {
    const auto json = comparison_json(comparison, protocol_name(arguments.source));
    fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    fmt::print("{}", comparison_tables(comparison));
  }
}

void report(const std::vector<ForecastCase>& cases, const std::vector<MethodForecasts>& runs,
            const EvaluateArguments& arguments) {
  const Comparison comparison = compare(cases, runs, kScoreSeed, arguments.draws);
  print_comparison(comparison, arguments);
  if (arguments.report.empty()) return;
  ok_or_fail(
      write_report(arguments.report, protocol_name(arguments.source), cases, runs, comparison));
  fmt::print(stderr, "{}: open it in a browser\n", arguments.report);
}

void add_judging_options(CLI::App& command, EvaluateArguments& arguments) {
  add_case_options(command, arguments.source, true);
  command
      .add_option("--methods", arguments.methods,
                  fmt::format("Of {}; naive is always among them", fmt::join(method_names(), ", ")))
      ->delimiter(',');
  command.add_option(
      "--model", arguments.model,
      "The artefact behind net and online; default: the one that comes with the program");
  command.add_option("--draws", arguments.draws, "Of the bootstrap behind the intervals")
      ->check(CLI::Range(0, 100'000))
      ->capture_default_str();
  command.add_option("-o,--output", arguments.output, "table | json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  command.add_option("--report", arguments.report,
                     "HTML file to write: the tables, and fan charts of good and bad cases");
}

void run_evaluate(const EvaluateArguments& arguments) {
  const Judged judged = judged_methods(arguments);
  const auto cases = load_cases(arguments.source);
  report(cases, run_methods(judged, cases), arguments);
}

void run_compare(const EvaluateArguments& arguments, const RPeers& peers) {
  const Judged judged = judged_methods(arguments);
  const auto cases = load_cases(arguments.source);
  auto runs = run_methods(judged, cases);
  for (auto& run : value_or_fail(run_r_methods(cases, runs[0], peers))) {
    runs.push_back(std::move(run));
  }
  report(cases, runs, arguments);
}

}  // namespace

void add_forecast_evaluate(CLI::App& forecast) {
  CLI::App* command = forecast.add_subcommand(
      "evaluate", "WQL, MASE, coverage and speed of forecasting methods on the same cases");
  auto arguments = std::make_shared<EvaluateArguments>();
  add_judging_options(*command, *arguments);
  command->footer(
      "Examples:\n"
      "  starling-lab forecast evaluate --trace day.csv --protocol short\n"
      "  starling-lab forecast evaluate --cases cases.csv.gz --methods ses,theta,net -o json\n"
      "What the figures mean: docs/forecasting.md\n");
  command->callback([arguments] { run_evaluate(*arguments); });
}

void add_forecast_compare(CLI::App& forecast) {
  CLI::App* command =
      forecast.add_subcommand("compare", "The same, beside the methods of R's forecast package");
  auto arguments = std::make_shared<EvaluateArguments>();
  auto peers = std::make_shared<RPeers>();
  add_judging_options(*command, *arguments);
  command
      ->add_flag_callback(
          "--with-r", [] {}, "Run R (r-base-core, r-cran-forecast)")
      ->required();
  command
      ->add_option("--r-methods", peers->methods,
                   fmt::format("Of {}", fmt::join(r_methods(), ", ")))
      ->delimiter(',');
  command
      ->add_option("--r-history", peers->history_max,
                   "Points that ets and auto.arima see; they are slow beyond")
      ->check(CLI::Range(20, 100'000))
      ->capture_default_str();
  command
      ->add_option("--r-seconds", peers->seconds_max,
                   "Limit of a case and method; naive answers for what takes longer")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  command->add_option("--r-cores", peers->cores, "Cases at a time")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->footer(
      "Example:\n"
      "  starling-lab forecast compare --with-r --trace day.csv --protocol long\n");
  command->callback([arguments, peers] { run_compare(*arguments, *peers); });
}

void add_forecast_cases(CLI::App& forecast) {
  CLI::App* command = forecast.add_subcommand(
      "cases", "Cut traces into evaluation cases, which other programs can forecast too");
  auto source = std::make_shared<CaseSource>();
  auto out = std::make_shared<std::string>("cases.csv.gz");
  add_case_options(*command, *source, false);
  command->add_option("--out", *out, "File to write; gzipped when it ends in .gz")
      ->capture_default_str();
  command->footer(
      "Example:\n"
      "  starling-lab forecast cases --trace day.csv --protocol long --out cases.csv.gz\n");
  command->callback([source, out] {
    ok_or_fail(check_writable(*out));
    const auto cases = load_cases(*source);
    ok_or_fail(write_cases(*out, cases));
    fmt::print(stderr, "{}: {} cases; next: starling-lab forecast evaluate --cases {}\n", *out,
               cases.size(), *out);
  });
}

}  // namespace starling::lab
