// starling-lab federated: learning together against learning in one place and alone.
#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <map>
#include <memory>

#include "apps/lab/commands.h"
#include "apps/lab/federated_report.h"
#include "apps/lab/forecast_data.h"
#include "apps/lab/long_run.h"
#include "apps/lab/output_option.h"
#include "apps/lab/refusal.h"
#include "apps/lab/seed_option.h"

namespace starling::lab {
namespace {

struct FederatedArguments {
  FederatedOptions options;
  std::vector<std::string> traces;
  int workloads = 160;
  bool by_kind = false;
  bool plain_mean = false;
  std::string encoding = "int8";
  std::string output = "table";
};

class RoundProgress {
 public:
  bool operator()(const RoundState& state) {
    if (line_.due()) {
      line_.show(fmt::format("{}: {} of {} stretches of training  {:.1f}/s", state.phase,
                             state.step, state.steps, state.step / line_.elapsed_s()));
    }
    if (state.step == state.steps) line_.clear();
    return !interrupted();
  }

 private:
  ProgressLine line_;
};

std::vector<Series> workloads_of(const FederatedArguments& a) {
  if (a.traces.empty()) return synthetic_dataset(a.workloads, a.options.seed).workloads;
  auto datasets = read_datasets(a.traces);
  if (!datasets) refuse(datasets.error().message);
  std::vector<Series> all;
  for (Dataset& dataset : *datasets) {
    std::move(dataset.workloads.begin(), dataset.workloads.end(), std::back_inserter(all));
  }
  return all;
}

void run_federated(FederatedArguments& a) {
  a.options.encoding = *federated::encoding_named(a.encoding);
  if (a.plain_mean) a.options.merge = {.trim = 0, .reach = 1e9};
  if (std::lround(a.options.poisoned * a.options.nodes) >= a.options.nodes) {
    refuse("--poisoned leaves no honest node: give a smaller share");
  }
  const auto data = deal(workloads_of(a), a.options.nodes, a.by_kind, a.options.seed);
  if (!data) refuse(data.error().message);
  note_interrupts();
  const auto outcome = study_federated(*data, a.options, RoundProgress());
  if (!outcome) refuse(outcome.error().message);
  if (outcome->interrupted) throw Failed{kInterrupted, "interrupted: nothing to compare"};
  if (a.output == "json") return fmt::print("{}\n", federated_json(a.options, *outcome).dump(2));
  fmt::print("{}", federated_table(a.options, *outcome));
}

void add_merging_options(CLI::App& command, FederatedArguments& a) {
  command
      .add_option("--peers", a.options.gossip.peers,
                  "Random peers that a round's weights are offered to")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command
      .add_option("--kept", a.options.gossip.kept_max,
                  "Peers whose newest weights a node keeps and averages")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command.add_option("--encoding", a.encoding, "int8 or fp16")
      ->check(CLI::IsMember({"int8", "fp16"}))
      ->capture_default_str();
  command
      .add_option("--trim", a.options.merge.trim, "Share dropped from each end of every coordinate")
      ->check(CLI::Range(0.0, 0.49))
      ->capture_default_str();
  command
      .add_option("--reach", a.options.merge.reach,
                  "Longest distance of a peer, in median distances")
      ->check(CLI::Range(0.1, 1e9))
      ->capture_default_str();
  command
      .add_option("--tolerance", a.options.tolerance,
                  "How much worse averaged weights may be by a node's own windows")
      ->check(CLI::Range(0.0, 10.0))
      ->capture_default_str();
  command
      .add_option("--momentum", a.options.momentum,
                  "Share of the last rounds' direction by which a node goes on beyond the average")
      ->check(CLI::Range(0.0, 0.95))
      ->capture_default_str();
  command
      .add_flag("--plain-mean", a.plain_mean, "No trimming and no reach: what robustness is worth")
      ->excludes("--trim")
      ->excludes("--reach");
  command
      .add_option("--poisoned", a.options.poisoned, "Share of the nodes that send poisoned weights")
      ->check(CLI::Range(0.0, 0.95))
      ->capture_default_str();
  const std::map<std::string, Attack> attacks{{"flip", Attack::kFlip},
                                              {"scale", Attack::kScale},
                                              {"noise", Attack::kNoise},
                                              {"mix", Attack::kMix}};
  command
      .add_option("--attack", a.options.attack,
                  "flip (the negative), scale (ten times), noise, or mix: all three")
      ->transform(CLI::CheckedTransformer(attacks, CLI::ignore_case))
      ->option_text("TEXT [mix]");
  command
      .add_option("--noise", a.options.privacy.noise,
                  "Differential privacy: noise in training, in multiples of --clip; 0: none")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  command
      .add_option("--clip", a.options.privacy.clip, "Longest gradient of one window, with --noise")
      ->check(CLI::Range(1e-6, 1e6))
      ->capture_default_str();
  command.add_option("--delta", a.options.privacy.delta, "The δ at which ε is told")
      ->check(CLI::Range(1e-12, 0.1))
      ->capture_default_str();
}

}  // namespace

void add_federated_command(CLI::App& app) {
  auto arguments = std::make_shared<FederatedArguments>();
  FederatedArguments& a = *arguments;
  CLI::App* command = app.add_subcommand(
      "federated",
      "Nodes that learn together by gossip, beside training in one place and beside each alone");
  command->add_option("--nodes", a.options.nodes, "Nodes, each with workloads of its own")
      ->check(CLI::Range(2, 1000))
      ->capture_default_str();
  command->add_option("--trace", a.traces,
                      "Trace files; without, synthetic workloads from the seed");
  command
      ->add_option("--workloads", a.workloads,
                   "Synthetic ones, one in four held out from all nodes")
      ->check(CLI::Range(8, 100'000))
      ->capture_default_str();
  command->add_flag("--by-kind", a.by_kind,
                    "Deal like workloads to one node, rather than at random");
  command->add_option("--rounds", a.options.rounds, "Times that nodes exchange weights")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command->add_option("--local-steps", a.options.local_steps, "Steps of training in a round")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command->add_option("--batch", a.options.batch, "Windows a step")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  command->add_option("--hidden", a.options.hidden, "Width of the network")
      ->check(CLI::Range(4, 1024))
      ->capture_default_str();
  command->add_option("--rate", a.options.rate, "Learning rate")
      ->check(CLI::Range(1e-6, 1.0))
      ->capture_default_str();
  command->add_option("--seed", a.options.seed, "Of the workloads, the start and all draws")
      ->check(negative_seed)
      ->capture_default_str();
  add_merging_options(*command, a);
  add_output_option(*command, a.output);
  command->footer(
      "Losses are on workloads that no node has, in their newest quarter. Losses of poisoned nodes "
      "do not count.\n"
      "docs/federated-learning.md says how it works.\n"
      "Examples:\n"
      "  starling-lab federated\n"
      "  starling-lab federated --poisoned 0.2 --attack scale -o json\n"
      "  starling-lab federated --trace rates.csv.gz --nodes 10 --by-kind\n"
      "  starling-lab federated --noise 1 --clip 0.5\n");
  command->callback([arguments] { run_federated(*arguments); });
}

}  // namespace starling::lab
