// starling learning: how the nodes learn together.
#include <cstdio>

#include "apps/cli/commands.h"
#include "apps/cli/learning_table.h"

namespace starling::cli {
namespace {

void run_status(const Common& common) {
  const auto learning = fleet_of(common).call("GET", "/v1/learning");
  if (!learning) stop_with(learning.error());
  for (const auto& node : (*learning).at("unreachable")) {
    fmt::print(stderr, "partial: node {} does not answer\n", node.get<std::string>());
  }
  if (common.output == "json") return fmt::print("{}\n", learning->dump(2));
  fmt::print("{}", learning_table(*learning));
}

}  // namespace

void add_learning_command(CLI::App& app) {
  auto* learning = app.add_subcommand(
      "learning",
      "How the nodes' forecasters and policies learn together (docs/federated-learning.md)");
  learning->require_subcommand(1);
  learning->footer("Examples:\n  starling learning status\n  starling learning status -o json\n");
  auto* status = learning->add_subcommand(
      "status",
      "Of every node: rounds, bytes, losses, rejections, what serves and where it came from");
  auto common = std::make_shared<Common>();
  add_common(*status, *common);
  status->footer(
      "First the forecaster's weights, then the learned policy's. LOSS OWN and LOSS AVERAGED are "
      "of "
      "the last comparison\non what the node has held out of its own demand; PEERS are those whose "
      "weights it keeps. EPSILON is what training gave away since the agent's start, where "
      "learning.privacy is set.\n\n"
      "Examples:\n  starling learning status\n  starling learning status -o json | jq '.nodes[] | "
      "{node, rejected}'\n");
  status->callback([common] { run_status(*common); });
}

}  // namespace starling::cli
