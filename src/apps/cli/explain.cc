// starling explain: why a model has the replicas that it has.
#include <cstdio>

#include "apps/cli/commands.h"
#include "apps/cli/explanation.h"

namespace starling::cli {
namespace {

struct ExplainOptions {
  Common common;
  std::string model;
};

void run_explain(const ExplainOptions& options) {
  const auto answer =
      fleet_of(options.common).call("GET", "/v1/models/" + url_encode(options.model) + "/explain");
  if (!answer) stop_with(answer.error());
  if (options.common.output == "json") return fmt::print("{}\n", answer->dump(2));
  fmt::print("{}", explanation_text(*answer));
}

}  // namespace

void add_explain_command(CLI::App& app) {
  auto* command = app.add_subcommand(
      "explain", "Why a model has the replicas that it has: forecast, candidates, guards, bids");
  auto options = std::make_shared<ExplainOptions>();
  command->add_option("model", options->model, "The model")->required();
  add_common(*command, options->common);
  command->footer("Example:\n  starling explain digits\n");
  command->callback([options] { run_explain(*options); });
}

}  // namespace starling::cli
