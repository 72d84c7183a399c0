#include "trace/clean.h"

#include <algorithm>
#include <utility>

#include "trace/clean_series.h"
#include "trace/clean_values.h"
#include "trace/clean_zone.h"

namespace starling {
namespace {

/// Runs one step on every workload and reports it.
template <typename Step>
void on_every_workload(RawTrace& trace, CleaningStep report, CleaningReport& into, Step step) {
  for (Samples& samples : trace.workloads) report.add(samples.workload, step(samples));
  into.steps.push_back(std::move(report));
}

void report_skipped(const RawTrace& trace, CleaningReport& into) {
  if (trace.skipped.empty()) into.steps.push_back({.name = "skipped rows", .action = "none"});
  for (const Skipped& skipped : trace.skipped) {
    into.rows_skipped += skipped.count;
    CleaningStep step{.name = "skipped rows", .action = skipped.reason, .points = skipped.count};
    const std::size_t shown = std::min(skipped.examples.size(), Touched::kExamplesMax);
    step.examples.assign(skipped.examples.begin(),
                         skipped.examples.begin() + static_cast<std::ptrdiff_t>(shown));
    into.steps.push_back(std::move(step));
  }
}

void clean_time_unit(RawTrace& trace, const CleanOptions& options, CleaningReport& into) {
  const auto detected = detect_time_unit(trace);
  const TimeUnit unit = options.time_unit.value_or(detected.value_or(TimeUnit::kSeconds));
  const char* why = options.time_unit ? "as stated" : detected ? "by their magnitude" : "as read";
  const std::string action = unit == TimeUnit::kSeconds
                                 ? std::string(why)
                                 : fmt::format("{}, {}", time_unit_name(unit), why);
  on_every_workload(trace, {.name = "time unit", .action = action}, into,
                    [&](Samples& samples) { return rescale_times(samples, unit); });
  if (detected && unit == *detected) trace.has_calendar = true;
}

Status clean_time_zone(RawTrace& trace, const CleanOptions& options, CleaningReport& into) {
  if (options.time_zone.empty()) {
    into.steps.push_back({.name = "time zone", .action = "UTC, or as the times state"});
    return {};
  }
  if (!trace.has_calendar) {
    return fail(ErrorCode::kInvalid,
                "times count from the start of the trace, so they are in no time zone: leave '{}' "
                "out",
                options.time_zone);
  }
  const auto [from, to] = time_span(trace);
  const auto offsets = zone_offsets(options.time_zone, from, to);
  if (!offsets) return fail(offsets.error());
  CleaningStep shifted{.name = "time zone", .action = options.time_zone + " to UTC"};
  CleaningStep skipped{.name = "skipped hour", .action = "read by the offset before it"};
  CleaningStep repeated{.name = "repeated hour", .action = "told apart by the rows' order"};
  CleaningStep assumed{.name = "repeated hour",
                       .action = "cannot be told apart: taken as the first of the two"};
  for (Samples& samples : trace.workloads) {
    const LocalTimes times = local_to_utc(samples, *offsets);
    shifted.add(samples.workload, times.shifted);
    skipped.add(samples.workload, times.skipped);
    repeated.add(samples.workload, times.repeated);
    assumed.add(samples.workload, times.assumed);
  }
  for (CleaningStep* step : {&shifted, &skipped, &repeated, &assumed}) {
    into.steps.push_back(std::move(*step));
  }
  return {};
}

/// The unit of the first workload's name where all of them name one of the same kind.
std::string unit_in_names(const RawTrace& trace) {
  const auto first = unit_in_name(trace.workloads.front().workload);
  if (!first) return "";
  for (const Samples& samples : trace.workloads) {
    const auto named = unit_in_name(samples.workload);
    if (!named || !unit_factor(*named, *first)) return "";
  }
  return *first;
}

/// Brings values into the trace's unit where a workload's name or the values' magnitude says that
/// they are in another one of the same kind; learns the unit where the format states none.
void clean_value_unit(RawTrace& trace, const CleanOptions& options, CleaningReport& into) {
  if (options.value_unit) {
    trace.unit = *options.value_unit;
    into.steps.push_back({.name = "value unit", .action = trace.unit + ", as stated"});
    return;
  }
  const auto by_magnitude = unit_by_magnitude(trace);
  if (trace.unit.empty()) trace.unit = unit_in_names(trace);
  const std::string unit = trace.unit.empty() ? "none known" : trace.unit;
  CleaningStep report{.name = "value unit", .action = unit};
  for (Samples& samples : trace.workloads) {
    const auto named = unit_in_name(samples.workload);
    const std::string from = named.value_or(by_magnitude.value_or(trace.unit));
    const auto factor = unit_factor(from, trace.unit);
    if (factor && *factor != 1) report.add(samples.workload, scale_values(samples, *factor));
  }
  if (by_magnitude && report.points > 0) {
    report.action = "shares by their magnitude, made " + unit;
  }
  into.steps.push_back(std::move(report));
}

}  // namespace

Result<CleanTrace> clean(RawTrace trace, const CleanOptions& options) {
  CleaningReport report;
  std::erase_if(trace.workloads, [](const Samples& samples) { return samples.times_us.empty(); });
  for (const Samples& samples : trace.workloads) {
    report.rows_read += static_cast<std::int64_t>(samples.times_us.size());
  }
  if (report.rows_read == 0) return fail(ErrorCode::kInvalid, "there are no rows to clean");
  if (options.is_events) trace.quantity = Quantity::kCount;
  if (options.quantity) trace.quantity = *options.quantity;
  const bool is_assumed = trace.quantity_assumed && !options.is_events && !options.quantity;

  report_skipped(trace, report);
  const bool negative_allowed =
      options.allow_negative || may_be_negative(trace.quantity, trace.unit);
  on_every_workload(trace, {.name = "impossible values", .action = "made missing"}, report,
                    [&](Samples& samples) {
                      return mask_impossible(samples, negative_allowed, trace.has_calendar);
                    });
  clean_time_unit(trace, options, report);
  if (Status status = clean_time_zone(trace, options, report); !status) {
    return fail(status.error());
  }
  on_every_workload(trace, {.name = "order", .action = "sorted by time"}, report,
                    [&](Samples& samples) { return sort_by_time(samples, trace.has_calendar); });
  const char* merged = options.is_events ? "events are counted" : merge_action(trace.quantity);
  on_every_workload(trace, {.name = "duplicate times", .action = merged}, report,
                    [&](Samples& samples) {
                      if (options.is_events) return Touched{};
                      return merge_duplicates(samples, trace.quantity, trace.has_calendar);
                    });
  clean_value_unit(trace, options, report);
  auto cleaned = clean_series(std::move(trace), options, std::move(report));
  if (cleaned) cleaned->quantity_assumed = is_assumed;
  return cleaned;
}

}  // namespace starling
