// The subcommands of starling-lab forecast; each registers itself and runs in its callback.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "apps/lab/commands.h"
#include "base/result.h"

namespace starling::lab {

void add_forecast_train(CLI::App& forecast);     // meta-trains an artefact
void add_forecast_cases(CLI::App& forecast);     // cuts traces into evaluation cases
void add_forecast_evaluate(CLI::App& forecast);  // methods against each other
void add_forecast_compare(CLI::App& forecast);   // and against those of other programs

/// The value, or the end of the command with the error on standard error.
template <typename T>
T value_or_fail(Result<T> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "starling-lab forecast: {}\n", result.error().message);
  throw Failed{};
}
inline void ok_or_fail(const Status& status) {
  if (status) return;
  fmt::print(stderr, "starling-lab forecast: {}\n", status.error().message);
  throw Failed{};
}

}  // namespace starling::lab
