// Implements apps/lab/forecast_ablate.h.
#include "apps/lab/forecast_ablate.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>

#include "apps/lab/forecast_ablate_results.h"
#include "apps/lab/forecast_commands.h"
#include "apps/lab/forecast_train_data.h"
#include "apps/lab/long_run.h"
#include "apps/lab/refusal.h"
#include "base/nearest.h"
#include "forecast/meta/ablation.h"

namespace starling::lab {
namespace {

constexpr std::size_t kHeldOutEvery = 5;  // of each file, where none is given to judge by

constexpr const char* kExamples = R"(Examples:
  starling-lab forecast ablate --trace web.csv.gz cpu.csv.gz --minutes 30
  starling-lab forecast ablate --trace a_1min.train.csv b_1min.train.csv=0.5 \
    --judge a_1min.validation.csv b_1min.validation.csv --results a.jsonl --minutes 600
  starling-lab forecast ablate … --results a.jsonl --minutes 0 -o md     (only shows what is there)
What the rows and regimes are: docs/meta-learning.md)";

struct Arguments {
  std::vector<std::string> traces;
  std::vector<std::string> judges;
  std::vector<std::string> regimes;
  std::string histories = "short";
  std::string results = "ablation.jsonl";
  std::string output = "table";
  int seeds = 5;
  double minutes = 60;
  AblationOptions options;
};

AblationData read_data(const Arguments& arguments) {
  AblationData data;
  data.train = value_or_fail(read_training_data(arguments.traces, 0, 1, 1)).sets;
  if (!arguments.judges.empty()) {
    data.judge = value_or_fail(read_training_data(arguments.judges, 0, 1, 1)).sets;
    return data;
  }
  for (TrainingSet& set : data.train) {
    TrainingSet judge{set.name, set.weight, {}};
    std::vector<Series> rest;
    for (std::size_t i = 0; i < set.workloads.size(); ++i) {
      const bool judges = i % kHeldOutEvery == kHeldOutEvery - 1;
      (judges ? judge.workloads : rest).push_back(std::move(set.workloads[i]));
    }
    set.workloads = std::move(rest);
    data.judge.push_back(std::move(judge));
  }
  return data;
}

/// All that the figures depend on, so that a results file never mixes what cannot be compared.
std::string settings_of(const Arguments& arguments, const AblationData& data) {
  std::string text = arguments.options.text();
  for (const auto* sets : {&data.train, &data.judge}) {
    text += sets == &data.train ? "; train" : "; judge";
    for (const TrainingSet& set : *sets) {
      std::size_t points = 0;
      for (const Series& series : set.workloads) points += series.size();
      text += fmt::format(" {}={} ({}, {})", set.name, set.weight, set.workloads.size(), points);
    }
  }
  return text;
}

std::vector<std::string> chosen_regimes(const Arguments& arguments, const AblationData& data) {
  const auto all = ablation_regimes(data);
  for (const std::string& regime : arguments.regimes) {
    if (std::find(all.begin(), all.end(), regime) != all.end()) continue;
    refuse(fmt::format("--regimes {}: these traces make {}{}", regime, fmt::join(all, ", "),
                       did_you_mean(regime, all)));
  }
  return arguments.regimes.empty() ? all : arguments.regimes;
}

/// Seed after seed, so that every cell has one seed before any has two.
void run_missing(const Arguments& arguments, const AblationData& data, AblationResults& results) {
  using SteadyClock = std::chrono::steady_clock;
  note_interrupts();
  const auto began = SteadyClock::now();
  const auto minutes = [&] {
    return std::chrono::duration<double>(SteadyClock::now() - began).count() / 60;
  };
  const auto go_on = [&] { return !interrupted() && minutes() < arguments.minutes; };
  const auto regimes = chosen_regimes(arguments, data);
  const std::size_t wanted =
      regimes.size() * ablation_methods().size() * static_cast<std::size_t>(arguments.seeds);
  for (int seed = 1; seed <= arguments.seeds; ++seed) {
    const auto number = static_cast<std::uint64_t>(seed);
    for (const std::string& regime : regimes) {
      if (!go_on()) break;
      const auto status = run_ablation(
          data, arguments.options, regime, number,
          [&](const std::string& method) { return !results.contains(regime, method, number); },
          [&](const AblationCell& cell) {
            fmt::print(stderr, "{:6.1f} min  {}/{}  seed {}  {:<20} {:<22} {:.4f}\n", minutes(),
                       results.cells().size() + 1, wanted, seed, cell.regime, cell.method,
                       cell.relative_wql);
            return results.add(cell);
          },
          go_on);
      if (!status && go_on()) ok_or_fail(status);
    }
  }
  if (!go_on()) {
    fmt::print(stderr, "stopped after {:.1f} min; the same command goes on from {}\n", minutes(),
               arguments.results);
  }
}

void run(Arguments& arguments) {
  arguments.options.regime = arguments.histories == "long" ? Regime::kLong : Regime::kShort;
  const AblationData data = read_data(arguments);
  auto results =
      value_or_fail(AblationResults::open(arguments.results, settings_of(arguments, data)));
  if (arguments.minutes > 0) run_missing(arguments, data, results);
  if (arguments.output == "json") {
    fmt::print("{}\n", ablation_json(results.cells())
                           .dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else if (!results.cells().empty()) {
    fmt::print("{}", ablation_tables(results.cells(), arguments.output == "md"));
  } else {
    fmt::print(stderr, "no cell is finished yet\n");
  }
}

void add_figures(CLI::App& command, AblationOptions& options) {
  command.add_option("--hidden", options.hidden, "Width of the networks")
      ->check(CLI::Range(4, 1024))
      ->capture_default_str();
  command.add_option("--steps", options.outer_steps, "Outer steps of 16 workloads")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  command.add_option("--inner-steps", options.inner_steps, "Steps of adaptation")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command.add_option("--inner-rate", options.inner_rate, "And their size")
      ->check(CLI::Range(1e-6, 10.0))
      ->capture_default_str();
  command.add_option("--support", options.judge.support, "Windows of a past to adapt to")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command.add_option("--judged", options.judge.workloads_max, "Workloads of a set that judge")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
}

}  // namespace

void add_forecast_ablate(CLI::App& forecast) {
  CLI::App* command = forecast.add_subcommand(
      "ablate", "What meta-learning adds: each way of adapting beside its controls, over seeds");
  command->footer(kExamples);
  auto arguments = std::make_shared<Arguments>();
  command
      ->add_option(
          "--trace", arguments->traces,
          "Trace files to learn from, each FILE or FILE=WEIGHT; files whose names agree up "
          "to the first '_' are a family")
      ->required();
  command->add_option("--judge", arguments->judges,
                      "Trace files to judge by, of families among those; without: one workload in "
                      "five of each");
  command->add_option("--regimes", arguments->regimes, "Only these, as the table names them")
      ->delimiter(',');
  command->add_option("--histories", arguments->histories, "short | long: which network")
      ->check(CLI::IsMember({"short", "long"}))
      ->capture_default_str();
  command->add_option("--results", arguments->results, "File that keeps each finished cell")
      ->capture_default_str();
  command->add_option("--seeds", arguments->seeds, "Of data order, weights and episodes")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--minutes", arguments->minutes, "To run for; 0 shows what is there")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  command->add_option("-o,--output", arguments->output, "table | json | md")
      ->check(CLI::IsMember({"table", "json", "md"}))
      ->capture_default_str();
  add_figures(*command, arguments->options);
  command->callback([arguments] { run(*arguments); });
}

}  // namespace starling::lab
