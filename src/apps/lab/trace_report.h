// The cleaning report for people and for programs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "trace/clean.h"
#include "trace/cleaning_report.h"

namespace starling::lab {

/// One line a step: what it did, how many points and workloads it touched, and an example.
std::string report_table(const CleaningReport& report);

/// {format, workloads, quantity, unit, rowsRead, rowsSkipped, points, missing,
///  steps: [{name, action, points, workloads, examples}]}
nlohmann::json report_json(const CleanTrace& trace, const std::string& format);

/// "6 workloads, 1440 points (3 missing), counts of requests"
std::string trace_summary(const CleanTrace& trace);

/// "count", "rate", "gauge", "counter"
const char* quantity_name(Quantity quantity);

}  // namespace starling::lab
