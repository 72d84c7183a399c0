// Runs the methods of R's forecast package on evaluation cases, where R is installed.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "forecast/evaluation/scores.h"

namespace starling::lab {

struct RPeers {
  std::vector<std::string> methods{"naive", "snaive", "ses", "thetaf", "ets", "auto.arima", "stlf"};
  int history_max = 500;    // points that ets and auto.arima see: they are slow beyond
  double seconds_max = 10;  // a case and method
  int cores = 2;
};

/// The names that `methods` may hold.
const std::vector<std::string>& r_methods();

/// One run a method, called "r:ses" and so on, with R's own seconds (without its start). Cases that
/// a method failed on or ran out of time on have the forecasts of `naive` and count as replaced.
/// Progress goes to standard error. Errors: an unknown method (with the nearest), R or its package
/// missing (with the packages that bring them), a run that ended early.
Result<std::vector<MethodForecasts>> run_r_methods(const std::vector<ForecastCase>& cases,
                                                   const MethodForecasts& naive,
                                                   const RPeers& peers);

}  // namespace starling::lab
