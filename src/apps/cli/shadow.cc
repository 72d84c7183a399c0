// starling shadow: policies that run beside the acting ones.
#include <cstdio>

#include "apps/cli/commands.h"
#include "apps/cli/shadow_report.h"

namespace starling::cli {
namespace {

using Json = nlohmann::json;

struct ShadowOptions {
  Common common;
  std::string model, since = "24h";
};

/// Why there is nothing to show.
[[noreturn]] void stop_without_shadows(const Fleet& fleet, const ShadowOptions& options) {
  std::string whose = "of any model";
  if (!options.model.empty()) {
    const auto model = fleet.call("GET", "/v1/models/" + url_encode(options.model));
    if (!model) stop_with(model.error());
    whose = fmt::format("of model '{}'", options.model);
  }
  stop_with({ErrorCode::kNotFound,
             fmt::format("no policy ran in the shadow {} since {}: name some in the manifest, "
                         "`shadow: [hpa]` under `spec`, and apply it",
                         whose, options.since)});
}

void run_report(const ShadowOptions& options) {
  const Fleet fleet = fleet_of(options.common);
  const auto report = shadow_report(fleet, options.model, time_of_option("--since", options.since));
  if (!report) stop_with(report.error());
  for (const Json& node : (*report).at("missing")) {
    fmt::print(stderr, "partial: without node {}: {}\n", node.at("node").get<std::string>(),
               node.at("reason").get<std::string>());
  }
  if ((*report).at("models").empty()) stop_without_shadows(fleet, options);
  if (options.common.output == "json") return fmt::print("{}\n", report->dump(2));
  fmt::print("{}", shadow_table(*report, ""));
}

}  // namespace

void add_shadow_command(CLI::App& app) {
  auto* shadow = app.add_subcommand(
      "shadow", "Policies that run beside the acting one and change nothing (spec.shadow)");
  shadow->require_subcommand(1);
  shadow->footer("Examples:\n  starling shadow report\n  starling shadow report digits\n");
  auto* report = shadow->add_subcommand(
      "report", "What each policy in shadow would have held and missed beside the acting one");
  auto options = std::make_shared<ShadowOptions>();
  report->add_option("model", options->model, "Only this one");
  report->add_option("--since", options->since, "A duration back from now, or a time in UTC")
      ->capture_default_str();
  add_common(*report, options->common);
  report->footer(
      "SLO ESTIMATED is a queueing model's for the acting policy too, so that the rows compare; "
      "SLO "
      "MEASURED\nis what its requests met. VS ACTING compares replica-hours over the decisions "
      "that both took.\n\n"
      "Examples:\n  starling shadow report\n  starling shadow report digits --since 7d\n"
      "  starling shadow report digits -o json\n");
  report->callback([options] { run_report(*options); });
}

}  // namespace starling::cli
