// A comparison of forecasting methods as one HTML page, with fan charts of good and bad cases.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "forecast/evaluation/scores.h"

namespace starling::lab {

/// Tables of all figures; then, for the method with the lowest relative WQL, its best, median and
/// worst case of each dataset (by the case's own loss / Σ|y|; of cases in which nothing but zeros
/// came none is shown). Errors: the drawing scripts are missing, the file cannot be written.
Status write_report(const std::string& path, const std::string& protocol,
                    const std::vector<ForecastCase>& cases,
                    const std::vector<MethodForecasts>& runs, const Comparison& comparison);

}  // namespace starling::lab
