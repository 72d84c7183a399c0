// starling-lab: work offline with traces, forecasters, policies and scenarios.
#include <exception>
#include <new>
#include <nlohmann/json.hpp>

#include "apps/cli/command_line.h"
#include "apps/lab/commands.h"
#include "apps/lab/fleet_commands.h"
#include "apps/lab/forecast_methods.h"
#include "apps/lab/refusal.h"
#include "base/log.h"
#include "sim/replay.h"

namespace {

/// What a shell may offer for options whose choices are not told by their checks.
std::optional<std::vector<std::string>> value_names(const starling::cli::ValuePlace& place) {
  if (place.option == "--policy") return starling::replay_policies();
  if (place.option == "--methods") return starling::lab::method_names();
  return std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace starling;
  CLI::App app{"Work offline with traces, forecasters, policies and scenarios.", "starling-lab"};
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Help on every subcommand");
  app.footer(
      "Examples:\n"
      "  starling-lab trace synth --workloads 4 --step 1m --length 24h --seed 7 --out day.csv\n"
      "  starling-lab replay scenarios/ten-models.yaml --policy predictive,hpa,static\n"
      "  starling-lab drive --trace day.csv --gateway http://127.0.0.1:8081 --speed 60x\n");
  (void)set_up_logging("starling-lab", "info");
  lab::add_trace_command(app);
  lab::add_forecast_command(app);
  lab::add_federated_command(app);
  lab::add_scenario_command(app);
  lab::add_replay_command(app);
  lab::add_policy_command(app);
  lab::add_chaos_command(app);
  lab::add_detection_command(app);
  lab::add_placement_command(app);
  lab::add_scale_command(app);
  lab::add_drive_command(app);
  lab::add_models_command(app);
  lab::add_demo_command(app);
  try {
    if (const auto code = cli::parse_command_line(app, argc, argv, {}, value_names)) return *code;
  } catch (const lab::Failed& failed) {
    if (!failed.why.empty()) fmt::print(stderr, "{}: {}\n", cli::command_line(app), failed.why);
    return failed.exit_code;
  } catch (const nlohmann::json::exception& e) {
    fmt::print(stderr,
               "starling-lab: an agent's answer is not what this version expects: use the agents' "
               "own version of starling-lab ({})\n",
               e.what());
    return 1;
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "{}: out of memory: give it less at once\n", cli::command_line(app));
    return 1;
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}: {} (a mistake of this program: please report it)\n",
               cli::command_line(app), e.what());
    return 1;
  }
  return 0;
}
