// starling-lab forecast: meta-trains the forecaster and compares it with the baselines.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/lab/commands.h"
#include "apps/lab/forecast_data.h"
#include "apps/lab/forecast_evaluation.h"
#include "apps/lab/forecast_progress.h"
#include "forecast/meta/maml.h"

namespace starling::lab {
namespace {

/// The value, or the end of the command with the error on standard error.
template <typename T>
T value_or_fail(Result<T> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "starling-lab forecast: {}\n", result.error().message);
  throw Failed{};
}

std::vector<Dataset> load_datasets(const std::vector<std::string>& files, int synthetic,
                                   std::uint64_t seed) {
  auto datasets = value_or_fail(read_datasets(files));
  if (synthetic > 0) datasets.push_back(synthetic_dataset(synthetic, seed));
  if (datasets.empty()) {
    fmt::print(stderr, "starling-lab forecast: no workloads; give --trace FILE or --synthetic N\n");
    throw Failed{};
  }
  return datasets;
}

std::string description_of(const std::vector<Dataset>& datasets, std::uint64_t seed) {
  std::string text;
  for (const Dataset& dataset : datasets) {
    text += fmt::format("{}{} ({} workloads)", text.empty() ? "" : ", ", dataset.name,
                        dataset.workloads.size());
  }
  return fmt::format("{}, seed {}", text, seed);
}

struct TrainArguments {
  std::string out = "models/forecaster.bin";
  std::vector<std::string> traces;
  int synthetic = 0;
  MetaOptions options;
};

void run_train(const TrainArguments& arguments) {
  const MetaOptions& options = arguments.options;
  const auto datasets = load_datasets(arguments.traces, arguments.synthetic, options.seed);
  std::vector<MetaTask> tasks;
  std::size_t windows = 0;
  for (const Dataset& dataset : datasets) {
    for (MetaTask& task : tasks_of(dataset.workloads, options.seed)) {
      windows += task.size();
      tasks.push_back(std::move(task));
    }
  }
  fmt::print(stderr, "{} workloads, {} windows, {} weights\n", tasks.size(), windows,
             weight_count(options.hidden));
  const auto artifact = value_or_fail(
      meta_train(tasks, options, description_of(datasets, options.seed), TrainingProgress()));
  if (const Status written = write_artifact(arguments.out, artifact); !written) {
    fmt::print(stderr, "starling-lab forecast train: {}\n", written.error().message);
    throw Failed{};
  }
  fmt::print(stderr,
             "{}: version {}; next: starling-lab forecast evaluate --model {} --synthetic 100\n",
             arguments.out, artifact.version(), arguments.out);
}

struct EvaluateArguments {
  std::string model = "models/forecaster.bin";
  std::vector<std::string> traces;
  int synthetic = 0;
  std::uint64_t seed = 1001;
  std::string output = "table";
  EvaluationOptions options;
};

void print_gate(const std::vector<DatasetScore>& scores) {
  for (const DatasetScore& score : scores) {
    fmt::print(stderr, "{}: online, {} of {} forecasts by adapted weights, {} by smoothing\n",
               score.dataset, score.adapted, score.forecasts, score.smoothed);
  }
}

void print_table(const std::vector<DatasetScore>& scores) {
  fmt::print("{:<38}  {:>9}  {:<14}  {:>8}  {:>8}  {:>6}  {:>6}\n", "DATASET", "FORECASTS",
             "METHOD", "WQL", "RELATIVE", "COV90", "COV99");
  for (const DatasetScore& score : scores) {
    for (const MethodScore& method : score.methods) {
      fmt::print("{:<38}  {:>9}  {:<14}  {:>8.4f}  {:>8.3f}  {:>5.1f}%  {:>5.1f}%\n", score.dataset,
                 score.forecasts, method.method, method.wql, method.relative,
                 100 * method.coverage90, 100 * method.coverage99);
    }
  }
  const auto means = mean_relative(scores);
  for (std::size_t m = 0; m < means.size(); ++m) {
    fmt::print("{:<38}  {:>9}  {:<14}  {:>8}  {:>8.3f}\n", "geometric mean", "",
               scores[0].methods[m].method, "", means[m]);
  }
}

void print_json(const std::vector<DatasetScore>& scores, const std::string& version) {
  nlohmann::json datasets = nlohmann::json::array();
  for (const DatasetScore& score : scores) {
    nlohmann::json methods = nlohmann::json::array();
    for (const MethodScore& method : score.methods) {
      methods.push_back({{"method", method.method},
                         {"wql", method.wql},
                         {"relativeToNaive", method.relative},
                         {"coverage90", method.coverage90},
                         {"coverage99", method.coverage99}});
    }
    datasets.push_back({{"dataset", score.dataset},
                        {"workloads", score.workloads},
                        {"forecasts", score.forecasts},
                        {"adapted", score.adapted},
                        {"smoothed", score.smoothed},
                        {"methods", methods}});
  }
  nlohmann::json means;
  const auto relative = mean_relative(scores);
  for (std::size_t m = 0; m < relative.size(); ++m)
    means[scores[0].methods[m].method] = relative[m];
  const nlohmann::json answer{
      {"model", version}, {"datasets", datasets}, {"geometricMeanRelative", means}};
  fmt::print("{}\n", answer.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

void run_evaluate(const EvaluateArguments& arguments) {
  const auto artifact = value_or_fail(read_artifact(arguments.model));
  const auto datasets = load_datasets(arguments.traces, arguments.synthetic, arguments.seed);
  if (arguments.synthetic > 0 && arguments.seed == artifact.seed) {
    fmt::print(
        stderr,
        "starling-lab forecast: seed {} made the training workloads too; give another --seed\n",
        arguments.seed);
    throw Failed{};
  }
  const auto scores = evaluate(datasets, artifact, arguments.options);
  print_gate(scores);
  if (arguments.output == "json") {
    print_json(scores, artifact.version());
  } else {
    print_table(scores);
  }
}

void add_train(CLI::App& forecast) {
  CLI::App* train =
      forecast.add_subcommand("train", "Meta-train a forecaster (one thread, reproducible)");
  auto arguments = std::make_shared<TrainArguments>();
  MetaOptions& options = arguments->options;
  train->add_option("--out", arguments->out, "File to write")->capture_default_str();
  train->add_option("--trace", arguments->traces, "Trace files to train on (CSV, also gzipped)");
  train->add_option("--synthetic", arguments->synthetic, "Synthetic workloads to train on")
      ->check(CLI::Range(0, 100'000));
  train->add_option("--seed", options.seed, "Of the data and the training")->capture_default_str();
  train->add_option("--steps", options.steps, "Outer steps")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  train->add_option("--hidden", options.hidden, "Width of the network")
      ->check(CLI::Range(4, 512))
      ->capture_default_str();
  train->add_option("--inner-steps", options.inner_steps, "Gradient steps of an adaptation")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  train->add_option("--inner-rate", options.inner_rate, "Size of these steps")
      ->check(CLI::Range(1e-6, 10.0))
      ->capture_default_str();
  train->callback([arguments] { run_train(*arguments); });
}

void add_evaluate(CLI::App& forecast) {
  CLI::App* evaluate = forecast.add_subcommand(
      "evaluate", "Weighted quantile loss of the baselines and the forecaster, relative to naive");
  auto arguments = std::make_shared<EvaluateArguments>();
  evaluate->add_option("--model", arguments->model, "The forecaster to judge")
      ->capture_default_str();
  evaluate->add_option("--trace", arguments->traces, "Trace files with workloads it has not seen");
  evaluate->add_option("--synthetic", arguments->synthetic, "Synthetic workloads to judge by")
      ->check(CLI::Range(0, 100'000));
  evaluate->add_option("--seed", arguments->seed, "Of the synthetic workloads")
      ->capture_default_str();
  evaluate->add_option("--history", arguments->options.history, "Points a forecaster may see")
      ->check(CLI::Range(8, 1'000'000))
      ->capture_default_str();
  evaluate->add_option("--origins", arguments->options.origins, "Forecasts of each workload")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  evaluate
      ->add_option("--adapt-steps", arguments->options.adapt_steps,
                   "Gradient steps of an adaptation; 0: as meta-learned")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  evaluate->add_option("-o,--output", arguments->output, "table | json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  evaluate->callback([arguments] { run_evaluate(*arguments); });
}

}  // namespace

void add_forecast_command(CLI::App& app) {
  CLI::App* forecast = app.add_subcommand("forecast", "Train and judge the demand forecaster");
  forecast->require_subcommand(1);
  add_train(*forecast);
  add_evaluate(*forecast);
}

}  // namespace starling::lab
