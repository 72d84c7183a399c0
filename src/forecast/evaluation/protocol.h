// Cuts evaluation cases out of traces: how much history, how far ahead, from which moments.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "forecast/evaluation/cases.h"
#include "trace/series.h"

namespace starling {

enum class Protocol {
  kShort,  // what a new model has: the last 60, 48, 36 points at 1, 5, 10 min
  kLong,   // what a known model has: 2 days at 1 min, 7 days at 5 and 10 min
};

/// Both in points.
struct ProtocolShape {
  std::size_t history = 0;
  std::size_t history_min = 0;  // the short history: with less before it no moment makes a case
  std::size_t horizon = 0;      // 15, 12, 12 at 1, 5, 10 min
};

/// Steps between those named count as the nearest: below 2.5 min as 1 min, from 7.5 min as 10 min.
ProtocolShape protocol_shape(Protocol protocol, Duration step);

/// Whole steps in a day (the nearest number), at least 2; 0 where a step is longer than half a day.
int steps_in_a_day(Duration step);

struct CutCases {
  std::vector<ForecastCase> cases;
  std::size_t workloads = 0;  // that gave a case
  std::size_t too_short = 0;  // workloads without room for the short history and a horizon
  std::size_t unknown = 0;    // moments left out: nothing known before or nothing after
  std::size_t shortened = 0;  // cases with less history than the protocol asks for
};

/// `origins` moments of each workload, evenly spaced from the middle of its series to the last one
/// that leaves room for the horizon (one: half-way between). Where a series does not reach as far
/// back as the protocol asks, the case has what there is, if that is at least the short history.
/// Values that cannot be demand (negative) count as missing. Case ids are
/// "dataset/workload@origin".
CutCases cut_cases(const std::string& dataset, const std::vector<Series>& workloads,
                   Protocol protocol, int origins);

/// A trace file's name without folder, ".csv", ".gz", ".train" and ".validation".
std::string dataset_name(const std::string& path);

}  // namespace starling
