// starling-lab forecast ablate: what meta-learning adds over the network as it is.
#pragma once

#include <CLI/CLI.hpp>

namespace starling::lab {

/// Registers the subcommand on `forecast`; it runs in its callback.
void add_forecast_ablate(CLI::App& forecast);

}  // namespace starling::lab
