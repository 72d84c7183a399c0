// The subcommands of starling-lab about the control plane of a simulated fleet.
#pragma once

#include <CLI/CLI.hpp>

namespace starling::lab {

void add_detection_command(CLI::App& app);  // detection: false deaths, time to notice true ones
void add_placement_command(CLI::App& app);  // placement: bidding against the optimum, heuristics
void add_scale_command(CLI::App& app);      // scale: what grows with the fleet

}  // namespace starling::lab
