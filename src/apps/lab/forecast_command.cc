// starling-lab forecast: trains the demand forecaster and judges it.
#include "apps/lab/forecast_ablate.h"
#include "apps/lab/forecast_commands.h"

namespace starling::lab {

void add_forecast_command(CLI::App& app) {
  CLI::App* forecast = app.add_subcommand("forecast", "Train and judge the demand forecaster");
  forecast->require_subcommand(1);
  add_forecast_train(*forecast);
  add_forecast_cases(*forecast);
  add_forecast_evaluate(*forecast);
  add_forecast_compare(*forecast);
  add_forecast_ablate(*forecast);
}

}  // namespace starling::lab
