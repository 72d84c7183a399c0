#include "trace/formats/events.h"

#include "base/units.h"
#include "trace/formats/formats.h"
#include "trace/formats/rows.h"

namespace starling {
namespace {

bool is_events(const FileHead& head) {
  return head.columns.size() > 1 && find_time_column(head).has_value();
}

std::string usual_group(const FileHead& head) {
  for (const char* name : {"workload", "workload_id", "model", "Model"}) {
    if (head.has(name)) return name;
  }
  return "";
}

Result<RawTrace> read_events(ReadJob& job) {
  return read_event_table(job, {"events", "events", usual_group});
}

/// Where one file has what the options ask for.
Result<RowColumns> find_columns(const FileHead& file, const ReadRawOptions& options,
                                const std::string& usual_group) {
  const auto time = find_time_column(file);
  if (!time) {
    return fail(ErrorCode::kInvalid, "{}: no time column (timestamp, time, t_s, t_ms …)",
                file.path);
  }
  RowColumns columns{
      .time = time->place, .time_unit_us = time->unit_us, .workload_name = file_stem(file.path)};
  const std::string group = options.group.empty() ? usual_group : options.group;
  if (!group.empty()) {
    const auto place = find_column(file, "group", group);
    if (!place) return fail(place.error());
    columns.workload = *place;
  }
  if (!options.value.empty()) {
    const auto place = find_column(file, "value", options.value);
    if (!place) return fail(place.error());
    columns.value = *place;
  }
  return columns;
}

}  // namespace

Result<EventPlan> plan_events(const ReadRawOptions& options) {
  EventPlan plan;
  plan.step = options.step.value_or(60s);
  if (plan.step <= Duration{0}) {
    return fail(ErrorCode::kInvalid, "step: {} is not positive; 1m is usual",
                format_duration(plan.step));
  }
  const Aggregate aggregate = options.aggregate != Aggregate::kDefault ? options.aggregate
                              : options.value.empty()                  ? Aggregate::kCount
                                                                       : Aggregate::kSum;
  if (aggregate == Aggregate::kCount && !options.value.empty()) {
    return fail(ErrorCode::kInvalid,
                "aggregate: count takes no value column, but value is '{}'; use sum or mean",
                options.value);
  }
  if (aggregate != Aggregate::kCount && options.value.empty()) {
    return fail(ErrorCode::kInvalid, "aggregate: sum and mean need a value column; state value");
  }
  if (aggregate == Aggregate::kMean) {
    plan.gather = Gather::kMean;
    plan.quantity = Quantity::kGauge;
  }
  return plan;
}

RawTrace event_trace(std::string format, std::string unit, const EventPlan& plan,
                     const ReadRawOptions& options) {
  RawTrace trace;
  trace.format = std::move(format);
  trace.quantity = plan.quantity;
  trace.unit = options.value.empty() ? std::move(unit) : options.value;
  trace.step = plan.step;
  return trace;
}

Result<RawTrace> read_event_table(ReadJob& job, const EventTable& table) {
  const ReadRawOptions& options = job.options();
  const auto plan = plan_events(options);
  if (!plan) return fail(plan.error());
  StepCollector collector(options.limits, plan->step, plan->gather);
  for (const FileHead& file : job.files()) {
    const auto columns =
        find_columns(file, options, table.usual_group ? table.usual_group(file) : "");
    if (!columns) return fail(columns.error());
    if (Status s = read_event_rows(job, file, *columns, collector); !s) return fail(s.error());
  }
  return job.finish(event_trace(table.format, table.unit, *plan, options), collector);
}

FormatReader events_format() {
  return {{.name = "events",
           .description = "any table of events with a time column (timestamp, t_s, t_ms …)",
           .publisher = "",
           .quantity = "events per step and `group`",
           .options = {"step", "value", "group", "aggregate"}},
          is_events,
          read_events};
}

}  // namespace starling
