// The subcommands of starling-lab forecast; each registers itself and runs in its callback.
#pragma once

#include <CLI/CLI.hpp>

namespace starling::lab {

void add_forecast_train(CLI::App& forecast);     // meta-trains an artefact
void add_forecast_cases(CLI::App& forecast);     // cuts traces into evaluation cases
void add_forecast_evaluate(CLI::App& forecast);  // methods against each other
void add_forecast_compare(CLI::App& forecast);   // and against those of other programs

}  // namespace starling::lab
