// Runs forecasting methods by name over evaluation cases, timed.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "forecast/evaluation/scores.h"

namespace starling::lab {

/// The baselines, `gbt` (boosted trees), then `net` (the network as it is) and `online` (the
/// mix of an agent that has served the dataset's workloads over the newest part of their
/// histories).
std::vector<std::string> method_names();
/// Those of them that this build has: gbt is optional.
std::vector<std::string> built_in_methods();

/// Forecasts all cases, batched. `model` is the artefact that `net` and `online` use. Every case
/// must have a known value in its history. Errors: an unknown name (with the nearest), an artefact
/// that cannot be read.
Result<MethodForecasts> run_method(const std::string& name, const std::vector<ForecastCase>& cases,
                                   const std::string& model);

}  // namespace starling::lab
