// A comparison of forecasting methods as tables for people and as JSON for programs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "forecast/evaluation/scores.h"

namespace starling::lab {

/// Four tables: relative WQL with its interval and speed; then WQL, MASE and coverage by dataset.
std::string comparison_tables(const Comparison& comparison);

/// {"protocol","cases","datasets":{name: cases},"methods":[{"name","wql":{…},"mase":{…},
/// "coverage_90":{…},"relative_wql","relative_wql_ci":[lo,hi],"relative_wql_without":{…},
/// "seconds_per_forecast","replaced"}]}; null where a figure is not defined.
nlohmann::json comparison_json(const Comparison& comparison, const std::string& protocol);

}  // namespace starling::lab
