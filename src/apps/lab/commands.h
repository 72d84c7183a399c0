// The subcommands of starling-lab. Each registers itself on the front command and runs in its
// callback.
#pragma once

#include <CLI/CLI.hpp>

namespace starling::lab {

void add_trace_command(CLI::App& app);      // trace: the commands of the next lines
void add_trace_import(CLI::App& trace);     // trace import: any trace or log, cleaned
void add_trace_list(CLI::App& trace);       // trace list: the formats; what files hold
void add_trace_convert(CLI::App& trace);    // trace convert: to CSV, gzip, Parquet; wide or long
void add_trace_synth(CLI::App& trace);      // trace synth: made from a seed
void add_trace_describe(CLI::App& trace);   // trace describe: figures and pictures of workloads
void add_trace_features(CLI::App& trace);   // trace features: their ranking and worth
void add_forecast_command(CLI::App& app);   // forecast train | evaluate | compare | ablate …
void add_federated_command(CLI::App& app);  // federated: learning together, in one place, alone
void add_scenario_command(CLI::App& app);   // scenario: one made of a trace
void add_replay_command(CLI::App& app);     // replay SCENARIO --policy a,b
void add_policy_command(CLI::App& app);     // policy train: the learned policy
void add_chaos_command(CLI::App& app);      // chaos: faults as data, invariants checked
void add_drive_command(CLI::App& app);      // drive: open-loop traffic from a trace
void add_models_command(CLI::App& app);     // models train: makes the example models
void add_demo_command(
    CLI::App& app);  // demo: a local fleet under a day's traffic, a node lost half-way

}  // namespace starling::lab
