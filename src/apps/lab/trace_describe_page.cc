// The description of a trace as a page with pictures.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "apps/lab/trace_describe.h"
#include "apps/lab/trace_report.h"
#include "apps/lab/trace_text.h"
#include "base/counted.h"
#include "plot/charts.h"
#include "plot/page.h"
#include "plot/thin.h"
#include "trace/describe_week.h"

namespace starling::lab {
namespace {

constexpr std::size_t kWideBuckets = 900;  // about one a pixel
constexpr std::size_t kSmallBuckets = 160;
constexpr std::size_t kChartsMax = 60;  // a browser draws that many at once without a wait
constexpr std::size_t kWeeksMax = 6;
constexpr std::size_t kBins = 50;
constexpr const char* kWeekdays[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

/// The value axis: what is measured.
std::string value_title(const CleanTrace& trace) {
  return trace.unit.empty() ? "value" : trace.unit;
}

/// The time axis: dates, or hours from the start.
ChartAxis time_axis(const CleanTrace& trace) {
  return {.title = trace.has_calendar ? "" : "hours from the start", .time = trace.has_calendar};
}

double on_axis(TimePoint at, const CleanTrace& trace) {
  return trace.has_calendar ? unix_seconds(at) : unix_seconds(at) / 3600;
}

/// The mean with the range around it, and the changes of level.
LineChart course_of(const Series& series, const Description& description, const CleanTrace& trace,
                    std::size_t buckets) {
  std::vector<double> values = series.values;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!series.present[i]) values[i] = std::numeric_limits<double>::quiet_NaN();
  }
  const double first = on_axis(series.start, trace);
  const double step = on_axis(series.start + series.step, trace) - first;
  Thinned thinned = thin(values, first, step, buckets);
  LineChart chart{.x_axis = time_axis(trace),
                  .y_axis = {.title = value_title(trace)},
                  .x = std::move(thinned.x),
                  .lines = {}};
  if (series.size() > buckets) {
    chart.bands.push_back({"lowest to highest", std::move(thinned.low), std::move(thinned.high)});
  }
  chart.lines.push_back({"mean", std::move(thinned.mean)});
  for (const LevelChange& change : description.changes) {
    chart.markers.push_back(
        {on_axis(change.at, trace),
         fmt::format("{}: {:.4g} to {:.4g}", described_time(change.at, trace.has_calendar),
                     change.before, change.after)});
  }
  return chart;
}

HeatMap week_of(const Series& series, const CleanTrace& trace) {
  HeatMap map{.value_title = "mean", .columns = {}, .rows = {}, .cells = {}};
  map.x_axis.title = trace.has_calendar ? "hour of the day (UTC)" : "hour of the day of the trace";
  for (int hour = 0; hour < 24; ++hour) map.columns.push_back(fmt::format("{:02}", hour));
  const WeekProfile profile = week_profile(series, trace.has_calendar);
  for (std::size_t day = 0; day < profile.size(); ++day) {
    const auto& hours = profile[day];
    if (std::ranges::all_of(hours, [](double mean) { return std::isnan(mean); })) continue;
    map.rows.push_back(trace.has_calendar ? kWeekdays[day] : fmt::format("day {}", day + 1));
    map.cells.emplace_back(hours.begin(), hours.end());
  }
  return map;
}

void add_courses(Page& page, const TraceDescription& described, std::size_t charts_max) {
  const std::size_t count = std::min({charts_max, kChartsMax, described.workloads.size()});
  std::vector<nlohmann::json> charts;
  for (std::size_t rank = 0; rank < count; ++rank) {
    const std::size_t i = described.by_mean[rank];
    LineChart chart = course_of(described.trace.series[i], described.workloads[i], described.trace,
                                kSmallBuckets);
    chart.title = short_name(described.workloads[i].workload, 34);
    // In a small picture the legend and the axis titles would take more than the lines.
    for (Line& line : chart.lines) line.name = "mean";
    for (Band& band : chart.bands) band.name = "mean";
    chart.x_axis.title = "";
    chart.y_axis.title = "";
    chart.width = 300;
    chart.height = 110;
    charts.push_back(line_chart(chart));
  }
  page.add(
      {.title = "Workloads",
       .text = fmt::format("The {} largest of {} by mean: mean with the range around it; dashed "
                           "where the level changes.{}",
                           count, described.workloads.size(),
                           described.trace.has_calendar ? "" : " Time in hours from the start."),
       .chart = small_multiples(std::move(charts), 3)});
}

void add_weeks(Page& page, const TraceDescription& described) {
  const CleanTrace& trace = described.trace;
  const Series& main = described.total ? *described.total : trace.series.front();
  page.add({.title = "Hour by weekday",
            .text = described.total ? "Mean of the total." : "Mean of the workload.",
            .chart = heat_map(week_of(main, trace))});
  if (!described.total) return;
  std::vector<nlohmann::json> charts;
  for (std::size_t rank = 0; rank < std::min(kWeeksMax, described.by_mean.size()); ++rank) {
    HeatMap map = week_of(trace.series[described.by_mean[rank]], trace);
    map.title = short_name(described.workloads[described.by_mean[rank]].workload, 34);
    map.x_axis.title = "";
    map.legend = false;
    map.width = 300;
    map.height = 110;
    charts.push_back(heat_map(map));
  }
  page.add({.title = "Hour by weekday of the largest workloads",
            .text = "Each on its own scale, darkest at its busiest hour.",
            .chart = small_multiples(std::move(charts), 3)});
}

void add_distribution(Page& page, const TraceDescription& described) {
  const Series& main = described.total ? *described.total : described.trace.series.front();
  ValueHistogram histogram = histogram_of(main, kBins);
  const Levels levels = levels_of(main);
  page.add(
      {.title = "Distribution",
       .text = fmt::format(
           "How often {} has values of each size. Median {}, 95th percentile {}, 99th {}, peak "
           "{}.",
           described.total ? "the total" : "the workload", amount(levels.p50), amount(levels.p95),
           amount(levels.p99), amount(levels.peak)),
       .chart = histogram_chart({.x_axis = {.title = value_title(described.trace)},
                                 .y_axis = {.title = "points"},
                                 .edges = std::move(histogram.edges),
                                 .counts = std::move(histogram.counts)})});
}

void add_demand(Page& page, const TraceDescription& described) {
  if (described.workloads.size() < 2) return;
  std::vector<Dot> dots;
  for (const Description& d : described.workloads) {
    if (!d.demand) continue;
    dots.push_back({d.demand->interval_mean, d.demand->variation_squared, d.workload,
                    std::string(demand_class_name(d.demand->kind))});
  }
  page.add(
      {.title = "Kinds of demand",
       .text = "Each workload by how rare its demand is and how much it varies when there is "
               "any (Syntetos, Boylan & Croston 2005). Axes are logarithmic away from zero.",
       .chart = scatter_chart({.x_axis = {.title = "steps for each one with demand", .log = true},
                               .y_axis = {.title = "squared variation of demand", .log = true},
                               .dots = std::move(dots),
                               .x_rules = {kIntervalCutoff},
                               .y_rules = {kVariationCutoff}})});
}

std::vector<std::string> row_of(const std::string& name, const Description& d) {
  return {name,
          fmt::format("{}", d.points),
          fmt::format("{}", d.gaps.missing),
          amount(d.levels.mean),
          amount(d.levels.p50),
          amount(d.levels.p95),
          amount(d.levels.peak),
          figure(d.variation()),
          d.dispersion.empty() ? "-" : amount(d.dispersion.front().index),
          figure(d.strengths.daily),
          figure(d.strengths.weekly),
          figure(d.strengths.trend),
          fmt::format("{}", d.changes.size()),
          d.demand ? std::string(demand_class_name(d.demand->kind)) : "-"};
}

void add_figures(Page& page, const TraceDescription& described, std::size_t rows_max) {
  PageTable table{.title = "Figures",
                  .text = "A dash: too short, or not of counts.",
                  .columns = {},
                  .rows = {}};
  table.columns = {{"workload"},
                   {"points", true},
                   {"missing", true, "points without a value; they take no part in any figure"},
                   {"mean", true},
                   {"p50", true},
                   {"p95", true},
                   {"peak", true},
                   {"CV", true, "coefficient of variation: deviation over mean"},
                   {"Fano", true, "variance over mean of the counts in a step; 1 for Poisson"},
                   {"day", true, "strength of the daily season, 0 to 1"},
                   {"week", true, "strength of the weekly season, 0 to 1"},
                   {"trend", true, "strength of the trend, 0 to 1"},
                   {"changes", true, "lasting changes of level (PELT)"},
                   {"demand", false, "Syntetos-Boylan class"}};
  if (described.overall) table.rows.push_back(row_of("(total)", *described.overall));
  for (std::size_t rank = 0; rank < std::min(rows_max, described.by_mean.size()); ++rank) {
    const Description& d = described.workloads[described.by_mean[rank]];
    table.rows.push_back(row_of(d.workload, d));
  }
  page.table(table);
}

/// "22.0 days", "36.5 hours"
std::string span_of(const Description& description) {
  const double hours = seconds(description.length()) / 3600;
  return hours >= 48 ? fmt::format("{:.1f} days", hours / 24) : fmt::format("{:.1f} hours", hours);
}

std::string subtitle_of(const TraceDescription& described) {
  std::string text =
      fmt::format("Format {}. {}.", described.format, trace_summary(described.trace));
  for (const CleaningStep& step : described.trace.report.steps) {
    if (step.points == 0) continue;
    text +=
        fmt::format("\n{}: {} in {}, {}", step.name, step.points,
                    counted(static_cast<std::int64_t>(step.workloads), "workload"), step.action);
  }
  return text;
}

}  // namespace

Result<std::string> description_page(const TraceDescription& described, std::size_t charts_max) {
  Page page(described.name, subtitle_of(described));
  const CleanTrace& trace = described.trace;
  const Series& main = described.total ? *described.total : trace.series.front();
  const Description& figures = described.overall ? *described.overall : described.workloads.front();
  page.add(
      {.title = described.total ? "Total" : figures.workload,
       .text = fmt::format("{} from {}. Dashed where the level changes, apart from the seasons.",
                           span_of(figures), described_time(figures.start, trace.has_calendar)),
       .chart = line_chart(course_of(main, figures, trace, kWideBuckets))});
  if (described.workloads.size() > 1) add_courses(page, described, charts_max);
  add_weeks(page, described);
  add_distribution(page, described);
  add_demand(page, described);
  add_figures(page, described, charts_max);
  return page.html();
}

}  // namespace starling::lab
