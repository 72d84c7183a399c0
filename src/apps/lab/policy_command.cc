// starling-lab policy: trains the learned policy's weights on traces, and compares weights.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/lab/commands.h"
#include "apps/lab/forecast_data.h"
#include "apps/lab/refusal.h"
#include "apps/lab/seed_option.h"
#include "base/file.h"
#include "policy/learned/shipped_net.h"
#include "policy/ppo/training.h"
#include "sim/policy_evaluation.h"
#include "sim/scaling_env.h"
#include "sim/training_tapes.h"

namespace starling::lab {
namespace {

struct TrainArguments {
  std::vector<std::string> traces;
  int synthetic = 40;
  std::string out = "policy.json";
  std::string checkpoint;
  std::string curves;
  int num_envs = 256;
  TrainingTapesOptions tapes;
  ppo::TrainingOptions training;
  bool memoryless = false;
  bool no_forecast = false;
  bool direct = false;
};

/// The workloads of each file, and synthetic ones.
std::vector<std::vector<Series>> workloads(const std::vector<std::string>& traces, int synthetic,
                                           std::uint64_t seed) {
  std::vector<std::vector<Series>> sets;
  for (auto& set : value_or_fail(read_datasets(traces))) sets.push_back(std::move(set.workloads));
  if (synthetic > 0) sets.push_back(synthetic_dataset(synthetic, seed).workloads);
  if (sets.empty()) refuse("no workloads: give --trace or --synthetic");
  return sets;
}

std::string command_of(const TrainArguments& a) {
  std::string command = "starling-lab policy train";
  for (const auto& trace : a.traces) command += " --trace " + trace.substr(trace.rfind('/') + 1);
  command +=
      fmt::format(" --synthetic {} --tapes {} --copies {} --updates {} --seed {}", a.synthetic,
                  a.tapes.tapes, a.num_envs, a.training.updates, a.training.seed);
  if (a.tapes.sized != TrainingTapesOptions().sized)
    command += fmt::format(" --sized {}", a.tapes.sized);
  if (a.memoryless) command += " --memoryless";
  if (a.no_forecast) command += " --no-forecast";
  if (a.direct) command += " --direct";
  return command;
}

/// The column `price` is an older name of λ, kept so that curves of older versions compare, and go
/// on alike when a training is resumed.
std::string curve_line(const ppo::TrainingProgress& p) {
  return nlohmann::json{{"update", p.update},
                        {"cost", p.cost},
                        {"missed", p.missed},
                        {"churn", p.churn},
                        {"price", p.multiplier},
                        {"approximate_kl", p.ppo.approximate_kl},
                        {"clip_fraction", p.ppo.clip_fraction},
                        {"explained_variance", p.ppo.explained_variance},
                        {"entropy", p.ppo.entropy},
                        {"policy_loss", p.ppo.policy_loss},
                        {"value_loss", p.ppo.value_loss},
                        {"epochs", p.ppo.epochs},
                        {"steps_per_second", p.steps_per_second}}
             .dump() +
         "\n";
}

/// The mean over the last updates, a line every so many.
class ProgressLines {
 public:
  void add(const ppo::TrainingProgress& p) {
    cost_ += p.cost;
    missed_ += p.missed;
    if (++count_ < kEvery && p.update < p.updates) return;
    fmt::print(
        stderr,
        "{:>5}/{}  cost {:.3f}  missed {:.3f}  λ {:.3f}  churn {:.3f}  kl {:.4f}  clip {:.2f}  "
        "explained {:.2f}  entropy {:.2f}  {:.0f} steps/s\n",
        p.update, p.updates, cost_ / count_, missed_ / count_, p.multiplier, p.churn,
        p.ppo.approximate_kl, p.ppo.clip_fraction, p.ppo.explained_variance, p.ppo.entropy,
        p.steps_per_second);
    cost_ = missed_ = 0;
    count_ = 0;
  }

 private:
  static constexpr int kEvery = 20;
  double cost_ = 0, missed_ = 0;
  int count_ = 0;
};

void run_train(TrainArguments& a) {
  a.training.recurrent = !a.memoryless;
  a.tapes.forecast = !a.no_forecast;
  for (const auto* path : {&a.out, &a.checkpoint, &a.curves}) {
    if (!path->empty()) ok_or_fail(check_writable(*path));
  }
  const auto begin = std::chrono::steady_clock::now();
  auto tapes =
      training_tapes(workloads(a.traces, a.synthetic, a.training.seed), a.tapes, a.training.seed);
  if (tapes.empty()) refuse("none of the workloads has any demand");
  const auto since = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  fmt::print(stderr, "{} workloads prepared in {:.0f} s\n", tapes.size(), since());
  ScalingEnv env(std::move(tapes), {.copies = a.num_envs, .direct = a.direct});
  ppo::TrainingOptions training = a.training;
  training.environment = command_of(a);
  std::ofstream curves;
  const bool resumes = !a.checkpoint.empty() && std::filesystem::exists(a.checkpoint);
  if (!a.curves.empty()) curves.open(a.curves, resumes ? std::ios::app : std::ios::trunc);
  ProgressLines lines;
  const auto network = value_or_fail(ppo::train(env, training, a.checkpoint, [&](const auto& p) {
    lines.add(p);
    if (curves.is_open()) curves << curve_line(p) << std::flush;
    return true;
  }));
  PolicyNet net = network->actor();
  net.direct = a.direct;
  net.trained_by = command_of(a);
  ok_or_fail(write_file_atomically(a.out, policy_net_json(net)));
  fmt::print("{}: policy {} after {:.0f} s\n", a.out, net.version, since());
}

struct EvaluateArguments {
  std::vector<std::string> traces;
  std::vector<std::string> weights;
  int synthetic = 0;
  TrainingTapesOptions tapes{.tapes = 100};
  std::uint64_t seed = 1000;
};

void run_evaluate(const EvaluateArguments& a) {
  std::vector<std::pair<std::string, std::shared_ptr<const PolicyNet>>> nets;
  nets.emplace_back("predictive", nullptr);
  if (a.weights.empty()) nets.emplace_back("learned", shipped_policy_net());
  for (const auto& file : a.weights) nets.emplace_back(file, value_or_fail(read_policy_net(file)));
  const auto tapes = training_tapes(workloads(a.traces, a.synthetic, a.seed), a.tapes, a.seed);
  if (tapes.empty()) refuse("none of the workloads has any demand");
  std::vector<PolicyScore> scores;
  for (const auto& [name, net] : nets) scores.push_back(evaluate_policy(name, net.get(), tapes));
  fmt::print("{}", policy_scores_table(scores));
}

void add_tapes(CLI::App& command, TrainingTapesOptions& tapes) {
  command
      .add_option("--tapes", tapes.tapes, "Windows of workloads, each with a service of its own")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command
      .add_option("--sized", tapes.sized,
                  "Share of the windows in which the size of replicas is decided, too")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
}

void add_train(CLI::App& policy) {
  auto arguments = std::make_shared<TrainArguments>();
  TrainArguments& a = *arguments;
  CLI::App* train =
      policy.add_subcommand("train", "Learn corrections of the queueing decision by PPO");
  train->add_option("--trace", a.traces, "Workloads to learn on (repeatable)");
  train->add_option("--synthetic", a.synthetic, "So many synthetic workloads beside them")
      ->check(CLI::Range(0, 10'000))
      ->capture_default_str();
  train->add_option("--out", a.out, "Where the weights go")->capture_default_str();
  train->add_option("--checkpoint", a.checkpoint, "File to go on from and to keep up to date");
  train->add_option("--curves", a.curves, "JSON lines, one an update");
  add_tapes(*train, a.tapes);
  train->add_option("--copies", a.num_envs, "Copies of the environment")
      ->check(CLI::Range(2, 100'000))
      ->capture_default_str();
  train->add_option("--updates", a.training.updates, "Updates of the network")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  train->add_option("--seed", a.training.seed)->check(negative_seed)->capture_default_str();
  train->add_flag("--memoryless", a.memoryless, "Ablation: without recurrence");
  train->add_flag("--no-forecast", a.no_forecast,
                  "Ablation: the present rate instead of a forecast");
  train->add_flag("--direct", a.direct,
                  "Ablation: actions choose replicas by themselves, without the queueing decision");
  train->footer(
      "Examples:\n"
      "  starling-lab policy train --synthetic 100 --updates 50 --out quick.json\n"
      "  starling-lab policy train --trace azure.csv.gz --checkpoint p.ckpt --curves p.jsonl --out "
      "models/policy.json\n");
  train->callback([arguments] { run_train(*arguments); });
}

void add_evaluate(CLI::App& policy) {
  auto arguments = std::make_shared<EvaluateArguments>();
  EvaluateArguments& a = *arguments;
  CLI::App* evaluate = policy.add_subcommand(
      "evaluate", "Compare weights on windows of workloads, in the environment they learn in");
  evaluate->add_option("--trace", a.traces, "Workloads to judge by (repeatable)");
  evaluate->add_option("--synthetic", a.synthetic, "So many synthetic workloads beside them")
      ->check(CLI::Range(0, 10'000));
  evaluate->add_option(
      "--weights", a.weights,
      "Files of policy train (repeatable); without one the weights that come with it");
  add_tapes(*evaluate, a.tapes);
  evaluate->add_option("--seed", a.seed)->check(negative_seed)->capture_default_str();
  evaluate->footer(
      "Examples:\n"
      "  starling-lab policy evaluate --synthetic 100\n"
      "  starling-lab policy evaluate --trace others.csv.gz --weights policy.json --weights "
      "memoryless.json\n");
  evaluate->callback([arguments] { run_evaluate(*arguments); });
}

}  // namespace

void add_policy_command(CLI::App& app) {
  CLI::App* policy = app.add_subcommand("policy", "Train the learned policy, and judge it");
  policy->require_subcommand(1);
  add_train(*policy);
  add_evaluate(*policy);
}

}  // namespace starling::lab
