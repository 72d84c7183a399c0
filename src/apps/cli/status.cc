// starling status: the fleet on one screen.
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "apps/cli/commands.h"
#include "apps/cli/demand_chart.h"
#include "apps/cli/views.h"

namespace starling::cli {
namespace {

struct StatusOptions {
  Common common;
  bool watch = false;
};

void run_status(const StatusOptions& options) {
  const Fleet fleet = fleet_of(options.common);
  const bool screen = options.watch && ::isatty(STDOUT_FILENO) != 0;
  DemandChart chart;
  do {
    const auto status = fleet.call("GET", "/v1/status");
    if (!status && !options.watch) stop_with(status.error());
    if (screen) fmt::print("\033[H\033[2J");
    if (!status) {
      fmt::print("{}\n", status.error().message);
    } else if (options.common.output == "json") {
      fmt::print("{}\n", status->dump(options.watch ? -1 : 2));
    } else {
      if (screen) chart.add(*status);
      fmt::print("{}{}", status_screen(*status), chart.text());
    }
    if (options.watch && !screen) fmt::print("\n");
    std::fflush(stdout);
    if (options.watch) std::this_thread::sleep_for(1s);
  } while (options.watch);
}

}  // namespace

void add_status_command(CLI::App& app) {
  auto* command =
      app.add_subcommand("status", "The fleet on one screen: nodes, models, demand, forecast, SLO");
  auto options = std::make_shared<StatusOptions>();
  command->add_flag("-w,--watch", options->watch,
                    "Refresh every second until Ctrl-C; charts on a terminal");
  add_common(*command, options->common);
  command->footer(
      "Examples:\n  starling status\n  starling status --watch\n  starling status -o json | jq "
      ".models\n");
  command->callback([options] { run_status(*options); });
}

}  // namespace starling::cli
