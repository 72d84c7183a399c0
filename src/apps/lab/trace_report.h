// The cleaning report for people and for programs.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "trace/clean.h"
#include "trace/cleaning_report.h"

namespace starling::lab {

/// One line a step: what it did, how many points and workloads it touched, and an example.
std::string report_table(const CleaningReport& report);

/// The same of the steps that touched anything; how many others there were stands below.
std::string touched_table(const CleaningReport& report);

/// One step that touched something, on standard error: "nab.csv: rows within one step: 3 in 1
/// workloads, averaged: …".
void print_step(const std::string& file, const CleaningStep& step);

/// What the command cost, on standard error: the program's highest resident memory is its own.
void print_cost(std::chrono::steady_clock::time_point began);

/// {format, workloads, quantity, unit, rowsRead, rowsSkipped, points, missing,
///  steps: [{name, action, points, workloads, examples}]}
nlohmann::json report_json(const CleanTrace& trace, const std::string& format);

/// "6 workloads, 1440 points (3 missing), count in requests", or what kind was assumed and how to
/// say another.
std::string trace_summary(const CleanTrace& trace);

/// "count", "rate", "gauge", "counter"
const char* quantity_name(Quantity quantity);

}  // namespace starling::lab
