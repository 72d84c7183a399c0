// What `trace describe` shows: the trace, its workloads and their total, described.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "trace/clean.h"
#include "trace/describe.h"

namespace starling::lab {

struct TraceDescription {
  std::string name;    // the files, for titles
  std::string format;  // as in `trace list`
  CleanTrace trace;
  std::vector<Description> workloads;  // as the trace has them
  std::vector<std::size_t> by_mean;    // indices of both, the largest mean first
  std::optional<Series> total;         // of several workloads
  std::optional<Description> overall;  // of the total
  std::string why_no_total;            // where there are several and no total
};

/// Describes each workload, and their sum where they share a step.
TraceDescription describe_trace(std::string name, std::string format, CleanTrace trace);

/// Tables no wider than `columns` (two of them where one is not wide enough) of the `rows_max`
/// largest workloads and the total, with what the figures mean below.
std::string description_table(const TraceDescription& described, std::size_t rows_max,
                              std::size_t columns);

/// {format, quantity, unit, cleaning, total, classes, workloads: […]}; a figure that the data do
/// not give is null.
nlohmann::json description_json(const TraceDescription& described);

/// A self-contained page with pictures of the `charts_max` largest workloads. Errors: those of
/// Page::html().
Result<std::string> description_page(const TraceDescription& described, std::size_t charts_max);

}  // namespace starling::lab
