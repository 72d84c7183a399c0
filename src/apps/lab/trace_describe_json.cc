// The description of a trace for programs.
#include "apps/lab/trace_describe.h"
#include "apps/lab/trace_report.h"
#include "apps/lab/trace_text.h"
#include "base/units.h"

namespace starling::lab {
namespace {

using nlohmann::json;

json or_null(std::optional<double> value) { return value ? json(*value) : json(nullptr); }

json one(const Description& d, bool has_calendar) {
  json dispersion = json::array();
  for (const Dispersion& at : d.dispersion) {
    dispersion.push_back({{"window", format_duration(at.window)}, {"index", at.index}});
  }
  json correlations = json::object();
  for (const LagCorrelation& at : d.correlations) correlations[at.name] = or_null(at.correlation);
  json changes = json::array();
  for (const LevelChange& change : d.changes) {
    changes.push_back({{"at", described_time(change.at, has_calendar)},
                       {"seconds", unix_seconds(change.at)},
                       {"before", change.before},
                       {"after", change.after}});
  }
  json demand = nullptr;
  if (d.demand) {
    demand = {{"class", demand_class_name(d.demand->kind)},
              {"interval", d.demand->interval_mean},
              {"variationSquared", d.demand->variation_squared}};
  }
  const Levels& levels = d.levels;
  return {{"workload", d.workload},
          {"start", unix_seconds(d.start)},
          {"step", format_duration(d.step)},
          {"points", d.points},
          {"missing", d.gaps.missing},
          {"gaps", {{"count", d.gaps.count}, {"longest", d.gaps.longest}}},
          {"mean", levels.mean},
          {"deviation", levels.deviation},
          {"low", levels.low},
          {"p50", levels.p50},
          {"p90", levels.p90},
          {"p95", levels.p95},
          {"p99", levels.p99},
          {"peak", levels.peak},
          {"zeroShare", levels.zero_share},
          {"variation", or_null(d.variation())},
          {"peakToMean", or_null(d.peak_to_mean())},
          {"dispersion", std::move(dispersion)},
          {"demand", std::move(demand)},
          {"strength",
           {{"step", format_duration(d.strengths.step)},
            {"daily", or_null(d.strengths.daily)},
            {"weekly", or_null(d.strengths.weekly)},
            {"trend", or_null(d.strengths.trend)}}},
          {"autocorrelation", std::move(correlations)},
          {"changes", std::move(changes)}};
}

}  // namespace

json description_json(const TraceDescription& described) {
  const bool has_calendar = described.trace.has_calendar;
  json workloads = json::array();
  json classes = json::object();
  for (const Description& d : described.workloads) {
    workloads.push_back(one(d, has_calendar));
    const std::string kind(d.demand ? demand_class_name(d.demand->kind) : "none");
    classes[kind] = classes.value(kind, 0) + 1;
  }
  return {{"format", described.format},
          {"quantity", quantity_name(described.trace.quantity)},
          {"unit", described.trace.unit},
          {"hasCalendar", has_calendar},
          {"cleaning", report_json(described.trace, described.format)},
          {"total", described.overall ? one(*described.overall, has_calendar) : json(nullptr)},
          {"whyNoTotal", described.why_no_total},
          {"classes", std::move(classes)},
          {"workloads", std::move(workloads)}};
}

}  // namespace starling::lab
