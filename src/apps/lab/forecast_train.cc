// starling-lab forecast train | join | show: makes the demand forecaster and
// says what it is.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "apps/lab/forecast_commands.h"
#include "apps/lab/forecast_progress.h"
#include "apps/lab/forecast_train_data.h"
#include "apps/lab/refusal.h"
#include "apps/lab/seed_option.h"
#include "base/file.h"
#include "commit.h"
#include "forecast/meta/meta_training.h"
#include "forecast/net/training.h"
#include "forecast/shipped.h"

namespace starling::lab {
namespace {

// What an agent adapts with where the weights were trained without an inner loop.
constexpr double kInnerRate = 1;
constexpr int kInnerSteps = 5;

constexpr const char* kTrainExamples = R"(Examples:
  starling-lab forecast train --synthetic 400 --steps 2000 --out small.bin
  starling-lab forecast train --trace rates.csv.gz cpu.csv=0.5 --checkpoint run --out mine.bin
  starling-lab forecast train --trace rates.csv.gz --algorithm film-maml --steps 1500 --out meta.bin
The regimes may train as two processes, one a core:
  starling-lab forecast train --trace rates.csv.gz --regime short --out short.bin &
  starling-lab forecast train --trace rates.csv.gz --regime long --out long.bin; wait
  starling-lab forecast join short.bin long.bin --out mine.bin)";

struct TrainArguments {
  std::string out = "models/forecaster.bin";
  std::vector<std::string> traces;
  int synthetic = 0;
  double synthetic_weight = 1;
  std::string algorithm = "none";
  std::string regime = "both";
  std::string checkpoint;
  TrainingOptions options;
};

void write_or_fail(const std::string& path, const ForecasterArtifact& artifact) {
  ok_or_fail(write_artifact(path, artifact));
  fmt::print(
      stderr,
      "{}: version {}, {:.2f} MB; next: starling-lab forecast evaluate --model {} --trace FILE\n",
      path, artifact.version(), static_cast<double>(std::filesystem::file_size(path)) * 1e-6, path);
}

/// The shared weights that a few steps on a workload's own past adapt best.
TrainedNetwork meta_learn_one(const TrainArguments& arguments, Regime regime,
                              const std::vector<TrainingSet>& sets) {
  const TrainingOptions& options = arguments.options;
  return value_or_fail(meta_train_network(sets,
                                          {.algorithm = arguments.algorithm,
                                           .regime = regime,
                                           .seed = options.seed,
                                           .hidden = options.hidden,
                                           .steps = options.steps,
                                           .outer_rate = options.rate,
                                           .inner_steps = kInnerSteps,
                                           .inner_rate = kInnerRate},
                                          TrainingProgress()));
}

/// Trains one regime. Ends the command, saying what state is left, where it was stopped.
TrainedNetwork train_one(const TrainArguments& arguments, Regime regime,
                         const std::vector<TrainingSet>& sets) {
  TrainingOptions options = arguments.options;
  options.regime = regime;
  if (arguments.algorithm != "none") return meta_learn_one(arguments, regime, sets);
  std::string checkpoint = arguments.checkpoint;
  if (!checkpoint.empty()) checkpoint += fmt::format(".{}", regime_name(regime));
  auto network = value_or_fail(train_network(sets, options, checkpoint, TrainingProgress()));
  if (network.steps < options.steps) {
    throw Failed{
        kInterrupted,
        fmt::format("stopped at step {} of {} ({}); {}", network.steps, options.steps,
                    regime_name(regime),
                    checkpoint.empty() ? "nothing was kept: give --checkpoint to be able to resume"
                                       : "the same command goes on from " + checkpoint)};
  }
  return network;
}

void run_train(const TrainArguments& arguments) {
  if (arguments.algorithm != "none" && !arguments.checkpoint.empty()) {
    refuse("--checkpoint: only --algorithm none can be resumed; leave it out");
  }
  const auto data = value_or_fail(read_training_data(
      arguments.traces, arguments.synthetic, arguments.synthetic_weight, arguments.options.seed));
  ForecasterArtifact artifact{.networks = {},
                              .inner_rate = kInnerRate,
                              .inner_steps = kInnerSteps,
                              .seed = arguments.options.seed,
                              .commit = kCommit,
                              .data = data.description,
                              .sources = data.sources};
  ok_or_fail(check_writable(arguments.out));
  fmt::print(stderr, "training on {}\n", data.description);
  for (const Regime regime : kRegimes) {
    if (arguments.regime != "both" && arguments.regime != regime_name(regime)) continue;
    artifact.networks.push_back(train_one(arguments, regime, data.sets));
  }
  write_or_fail(arguments.out, artifact);
}

void run_join(const std::array<std::string, 2>& parts, const std::string& out) {
  const auto first = value_or_fail(read_artifact(parts[0]));
  const auto second = value_or_fail(read_artifact(parts[1]));
  write_or_fail(out, value_or_fail(join(first, second)));
}

void show_network(const TrainedNetwork& network) {
  fmt::print("\n{} histories: {} weights, {} wide, {} inputs, {} steps of training\n",
             regime_name(network.shape.regime), weight_count(network.shape), network.shape.hidden,
             inputs_of(network.shape.regime), network.steps);
  if (network.held_out.empty()) return;
  fmt::print("  {:<28}  {:>8}  {:>8}  {:>8}\n", "WORKLOADS KEPT OUT", "WINDOWS", "LOSS", "COV90");
  for (const HeldOutScore& score : network.held_out) {
    fmt::print("  {:<28}  {:>8}  {:>8.4f}  {:>7.1f}%\n", score.dataset, score.windows, score.loss,
               100 * score.coverage_90);
  }
}

void run_show(const std::filesystem::path& path) {
  const auto artifact = value_or_fail(read_artifact(path));
  fmt::print("version     {}\n", artifact.version());
  fmt::print("commit      {}\n", artifact.commit);
  fmt::print("seed        {}\n", artifact.seed);
  fmt::print("adaptation  {} steps of rate {}\n", artifact.inner_steps, artifact.inner_rate);
  for (const TrainedNetwork& network : artifact.networks) show_network(network);
  fmt::print("\n{:<40}  {:>9}  {:>10}  {}\n", "TRAINED ON", "WORKLOADS", "POINTS", "SHA-256");
  for (const DataSource& source : artifact.sources) {
    fmt::print("{:<40}  {:>9}  {:>10}  {}\n", source.name, source.workloads, source.points,
               source.sha256.empty() ? "-" : source.sha256);
  }
}

void add_train(CLI::App& forecast) {
  CLI::App* train = forecast.add_subcommand(
      "train", "Train a forecaster (one thread, reproducible to the byte, resumable)");
  train->footer(kTrainExamples);
  auto arguments = std::make_shared<TrainArguments>();
  TrainingOptions& options = arguments->options;
  train->add_option("--out", arguments->out, "File to write")->capture_default_str();
  train->add_option("--trace", arguments->traces,
                    "Trace files to train on (any format that `trace list` shows), each with its "
                    "weight among the "
                    "others: FILE or FILE=WEIGHT");
  train->add_option("--synthetic", arguments->synthetic, "Synthetic workloads to train on")
      ->check(CLI::Range(0, 100'000));
  train->add_option("--synthetic-weight", arguments->synthetic_weight, "Of these among the files")
      ->check(CLI::Range(1e-3, 1e3))
      ->capture_default_str();
  std::vector<std::string> algorithms = meta_algorithms();
  algorithms.insert(algorithms.begin(), "none");
  train
      ->add_option("--algorithm", arguments->algorithm,
                   fmt::format("{}: of meta-learning; none learns from windows of all workloads, "
                               "which is what ships",
                               fmt::join(algorithms, " | ")))
      ->check(CLI::IsMember(algorithms))
      ->capture_default_str();
  train->add_option("--regime", arguments->regime, "short | long | both: histories to train for")
      ->check(CLI::IsMember({"short", "long", "both"}))
      ->capture_default_str();
  train->add_option("--checkpoint", arguments->checkpoint,
                    "Keep the state in FILE.short and FILE.long, and go on from it where it is");
  train->add_option("--seed", options.seed, "Of the data and the training")
      ->check(negative_seed)
      ->capture_default_str();
  train->add_option("--steps", options.steps, "Of training, each regime")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  train->add_option("--hidden", options.hidden, "Width of the network")
      ->check(CLI::Range(4, 1024))
      ->capture_default_str();
  train->add_option("--batch", options.batch, "Windows a step")
      ->check(CLI::Range(1, 65'536))
      ->capture_default_str();
  train
      ->add_option("--superposed", options.superposed_share,
                   "Share of each set's windows that come from sums of 2 to 32 of its workloads")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  train->add_option("--rate", options.rate, "Learning rate")
      ->check(CLI::Range(1e-7, 1.0))
      ->capture_default_str();
  train->callback([arguments] { run_train(*arguments); });
}

void add_join(CLI::App& forecast) {
  CLI::App* join = forecast.add_subcommand(
      "join", "Two forecasters, each trained for one regime with the same arguments, as one");
  auto parts = std::make_shared<std::array<std::string, 2>>();
  auto out = std::make_shared<std::string>("models/forecaster.bin");
  join->add_option("short", (*parts)[0], "Trained with --regime short")->required();
  join->add_option("long", (*parts)[1], "Trained with --regime long")->required();
  join->add_option("--out", *out, "File to write")->capture_default_str();
  join->footer(
      "Example:\n"
      "  starling-lab forecast join short.bin long.bin --out mine.bin\n");
  join->callback([parts, out] { run_join(*parts, *out); });
}

void add_show(CLI::App& forecast) {
  CLI::App* show = forecast.add_subcommand("show", "What a forecaster is and was trained on");
  auto path = std::make_shared<std::string>();
  show->add_option("file", *path, "The artefact; default: the one that comes with the program");
  show->footer(
      "Examples:\n"
      "  starling-lab forecast show\n"
      "  starling-lab forecast show mine.bin\n");
  show->callback(
      [path] { run_show(path->empty() ? shipped_forecaster() : std::filesystem::path(*path)); });
}

}  // namespace

void add_forecast_train(CLI::App& forecast) {
  add_train(forecast);
  add_join(forecast);
  add_show(forecast);
}

}  // namespace starling::lab
