// starling: the command line. Talks HTTP to any agent; runs its sibling programs as git does.
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>

#include "apps/cli/command_line.h"
#include "apps/cli/commands.h"
#include "apps/cli/fleet_names.h"
#include "base/child_process.h"
#include "base/iso8601.h"
#include "base/log.h"
#include "base/units.h"

namespace starling::cli {
namespace {

/// `starling lab …` is `starling-lab …`, and `starling trace …` is `starling-lab trace …`. Returns
/// only when the word names no sibling.
void run_sibling(int argc, char** argv) {
  static const std::map<std::string, std::string> kSiblings{{"lab", "starling-lab"},
                                                            {"trace", "starling-lab"},
                                                            {"serve", "starling-serve"},
                                                            {"agent", "starlingd"}};
  // Of `__complete lab …` the sibling completes what follows, if it can.
  const bool completes = argc > 3 && std::string_view(argv[1]) == kComplete;
  const int at = completes ? 2 : 1;
  const auto found = argc > at ? kSiblings.find(argv[at]) : kSiblings.end();
  if (found == kSiblings.end() || (completes && found->second != "starling-lab")) return;
  const auto program = (program_directory() / found->second).string();
  const bool is_command_of_sibling = found->first == "trace";
  if (completes && !is_command_of_sibling) argv[2] = argv[1];
  ::execv(program.c_str(), is_command_of_sibling ? argv : argv + 1);
  fmt::print(stderr, "starling: cannot run {}: {}\n", program, std::strerror(errno));
  ::_exit(1);
}

}  // namespace

void stop_with(const Error& error) {
  fmt::print(stderr, "starling: {}\n", error.message);
  throw Failed{};
}

void stop_usage(const std::string& problem) {
  fmt::print(stderr, "starling: {}\n", problem);
  throw Failed{kUsage};
}

TimePoint time_of_option(const std::string& option, const std::string& text) {
  const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  if (const auto duration = parse_duration(text))
    return TimePoint{now.time_since_epoch()} - *duration;
  if (const auto time = parse_iso8601(text)) return *time;
  stop_usage(
      fmt::format("{}: '{}' is neither a duration back from now, such as 24h, nor a "
                  "time in UTC, such as 2026-01-31T12:00",
                  option, text));
}

Fleet fleet_of(const Common& common) {
  if (!common.server.empty()) {
    const auto server = agent_address(common.server);
    if (!server) stop_usage("--server: " + server.error().message);
    Fleet fleet;
    fleet.token = common.token;
    fleet.by_server = true;
    fleet.nodes.push_back({*server, "", *server, "", 0});
    return fleet;
  }
  auto fleet = read_fleet(common.data);
  if (!fleet) stop_with(fleet.error());
  return *fleet;
}

void add_common(CLI::App& command, Common& common, const std::vector<std::string>& formats) {
  command.add_option("--fleet", common.data, "The fleet's data directory")
      ->envname("STARLING_FLEET")
      ->capture_default_str();
  command.add_option("--server", common.server, "An agent's host:port, instead of --fleet")
      ->envname("STARLING_SERVER");
  command.add_option("--token", common.token, "The fleet's token, with --server")
      ->envname("STARLING_TOKEN");
  if (!formats.empty()) {
    command.add_option("-o,--output", common.output, fmt::format("{}", fmt::join(formats, ", ")))
        ->check(CLI::IsMember(formats))
        ->capture_default_str();
  }
}

}  // namespace starling::cli

int main(int argc, char** argv) {
  using namespace starling;
  cli::run_sibling(argc, argv);
  CLI::App app{"Run machine-learning models on a fleet of machines with no central controller.",
               "starling"};
  app.require_subcommand(1);
  app.footer(
      "Other programs: starling lab (offline: training, replay, drive, demo), starling trace "
      "(traces and logs), starling serve (one replica), starling agent (one node's agent).\n"
      "First steps:\n  starling up                              # a local fleet, in the "
      "foreground\n"
      "  starling apply -f models/digits.yaml     # in another terminal\n  starling status "
      "--watch\n  starling explain digits\n");
  ::signal(SIGPIPE, SIG_IGN);
  cli::add_up_command(app);
  cli::add_apply_commands(app);
  cli::add_get_commands(app);
  cli::add_status_command(app);
  cli::add_node_commands(app);
  cli::add_explain_command(app);
  cli::add_logs_command(app);
  cli::add_query_command(app);
  cli::add_export_command(app);
  cli::add_cube_command(app);
  cli::add_shadow_command(app);
  cli::add_learning_command(app);
  cli::add_replay_command(app);
  cli::add_completion_command(app);
  try {
    const auto code = cli::parse_command_line(app, argc, argv, {"lab", "trace", "serve", "agent"},
                                              cli::fleet_names({argv + 1, argv + argc}));
    if (code) return *code;
  } catch (const cli::Failed& failed) {
    return failed.exit_code;
  } catch (const nlohmann::json::exception& e) {
    fmt::print(stderr,
               "starling: the agent's answer is not what this version expects: use the agents' "
               "own version of starling ({})\n",
               e.what());
    return 1;
  } catch (const std::exception& e) {
    fmt::print(stderr, "starling: {}\n", e.what());
    return 1;
  }
  return 0;
}
