// The subcommands of starling. Each registers itself and runs in its callback.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "apps/cli/fleet.h"

namespace starling::cli {

/// Options that every command which talks to a fleet shares.
struct Common {
  std::string data = ".starling";  // --fleet, STARLING_FLEET
  std::string server;              // --server, STARLING_SERVER: an agent's host:port
  std::string token;               // --token, STARLING_TOKEN
  std::string output = "table";    // -o
};

/// Thrown by a callback after it has said on standard error what is wrong.
struct Failed {
  int exit_code = 1;
};

/// Says the error and throws Failed.
[[noreturn]] void stop_with(const Error& error);

/// Likewise for words that are wrong, with the exit code that the parser gives for such.
[[noreturn]] void stop_usage(const std::string& problem);

/// The agents to ask, or Failed after saying how to name a fleet.
Fleet fleet_of(const Common& common);

/// Adds --fleet, --server, --token and, if `formats` is not empty, -o to a command.
void add_common(CLI::App& command, Common& common,
                const std::vector<std::string>& formats = {"table", "json"});

/// A duration back from now, such as 24h, or a time in UTC; Failed after saying what `option`
/// takes.
TimePoint time_of_option(const std::string& option, const std::string& text);

void add_up_command(CLI::App& app);
void add_apply_commands(CLI::App& app);  // apply, delete
void add_get_commands(CLI::App& app);    // get, describe
void add_node_commands(CLI::App& app);   // node cordon, uncordon, drain
void add_status_command(CLI::App& app);
void add_explain_command(CLI::App& app);
void add_logs_command(CLI::App& app);
void add_query_command(CLI::App& app);
void add_export_command(CLI::App& app);
void add_cube_command(CLI::App& app);
void add_shadow_command(CLI::App& app);
void add_learning_command(CLI::App& app);
void add_replay_command(CLI::App& app);
void add_completion_command(CLI::App& app);

}  // namespace starling::cli
