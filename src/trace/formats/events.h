// Events gathered into steps: what the formats of requests, jobs and logs have in common.
#pragma once

#include <string>

#include "trace/formats/job.h"

namespace starling {

/// The options of such a format, checked.
struct EventPlan {
  Duration step{60s};
  Gather gather = Gather::kSum;
  Quantity quantity = Quantity::kCount;
};
/// Errors: a step that is not positive, an aggregate without the column that it needs.
Result<EventPlan> plan_events(const ReadRawOptions& options);

/// A trace of events without its workloads; its unit is the value column where there is one.
RawTrace event_trace(std::string format, std::string unit, const EventPlan& plan,
                     const ReadRawOptions& options);

/// How a publisher's table of events differs from others.
struct EventTable {
  std::string format;
  std::string unit;  // of one event: "requests"
  /// The column that names the workload unless the user says another; empty: the file's name does.
  std::string (*usual_group)(const FileHead& head) = nullptr;
};
/// Reads files with one row an event.
Result<RawTrace> read_event_table(ReadJob& job, const EventTable& table);

}  // namespace starling
