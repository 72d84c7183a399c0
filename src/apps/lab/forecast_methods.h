// Runs forecasting methods by name over evaluation cases, timed.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "forecast/evaluation/scores.h"
#include "forecast/net/artifact.h"

namespace starling::lab {

/// The baselines, `gbt` (boosted trees), then `net` (the network as it is) and `online` (the
/// mix of an agent that has served the dataset's workloads over the newest part of their
/// histories).
std::vector<std::string> method_names();
/// Those of them that this build has: gbt is optional.
std::vector<std::string> built_in_methods();

/// What can be known to be wrong before the first forecast. Errors: an unknown name (with the
/// nearest), a method that this build lacks.
Status check_methods(const std::vector<std::string>& names);
/// Whether any of these methods forecasts with trained weights.
bool use_weights(const std::vector<std::string>& names);

/// Forecasts all cases, batched. `weights` are those of `net` and `online`; the other methods take
/// null. Every case must have a known value in its history. Errors: those of check_methods(), no
/// weights where the method needs them, the forecaster's.
Result<MethodForecasts> run_method(const std::string& name, const std::vector<ForecastCase>& cases,
                                   const ForecasterArtifact* weights);

}  // namespace starling::lab
