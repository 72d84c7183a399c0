// Implements apps/lab/forecast_report.h.
#include "apps/lab/forecast_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "base/file.h"
#include "plot/charts.h"
#include "plot/page.h"

namespace starling::lab {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

std::string figure(const std::optional<double>& value) {
  return value ? fmt::format("{:.4f}", *value) : "-";
}

PageTable summary_table(const Comparison& comparison) {
  PageTable table{.title = "Summary",
                  .text =
                      "Relative WQL: geometric mean over datasets of the weighted quantile loss "
                      "over naive's; below 1 is better than naive. The interval (95 %) comes "
                      "from drawing the workloads anew.",
                  .columns = {{"method"},
                              {"relative WQL", true},
                              {"from", true},
                              {"to", true},
                              {"us a forecast", true},
                              {"replaced", true, "cases that naive answered for the method"}},
                  .rows = {}};
  for (const MethodFigures& method : comparison.methods) {
    const auto& ci = method.relative_wql_ci;
    table.rows.push_back({method.name, figure(method.relative_wql), ci ? figure(ci->first) : "-",
                          ci ? figure(ci->second) : "-",
                          fmt::format("{:.0f}", method.seconds_per_forecast * 1e6),
                          fmt::format("{}", method.replaced)});
  }
  return table;
}

PageTable dataset_table(const std::string& dataset, const Comparison& comparison) {
  PageTable table{.title = dataset,
                  .text = fmt::format("{} cases", comparison.cases_by_dataset.at(dataset)),
                  .columns = {{"method"}, {"WQL", true}, {"MASE", true}, {"coverage of 0.9", true}},
                  .rows = {}};
  for (const MethodFigures& method : comparison.methods) {
    const DatasetFigures& figures = method.datasets.at(dataset);
    table.rows.push_back({method.name, figure(figures.wql), figure(figures.mase),
                          fmt::format("{:.3f}", figures.coverage_90)});
  }
  return table;
}

/// Loss / Σ|y| of one case, or nothing when only zeros came.
std::optional<double> case_wql(const ForecastCase& one, const std::vector<Quantiles>& steps) {
  double loss = 0, actual = 0;
  for (std::size_t h = 0; h < one.future.size(); ++h) {
    if (!one.future.present[h]) continue;
    loss += wql_numerator(steps[h], one.future.values[h]);
    actual += std::abs(one.future.values[h]);
  }
  return actual > 0 ? std::optional(loss / actual) : std::nullopt;
}

/// History (four horizons of it) and outcome as a line, the forecast as a fan; hours from the
/// forecast.
nlohmann::json fan_chart(const ForecastCase& one, const std::vector<Quantiles>& steps,
                         const std::string& title) {
  constexpr std::size_t kLow = 0, kLowInner = 2, kMedian = 5, kHighInner = 8, kHigh = 10;
  const std::size_t past = std::min(one.history.size(), 4 * one.future.size());
  LineChart chart{.title = title,
                  .x_axis = {.title = "hours from the forecast"},
                  .x = {},
                  .lines = {{"actual", {}}, {"median", {}}},
                  .bands = {{"0.05 to 0.95", {}, {}}, {"0.2 to 0.8", {}, {}}}};
  const auto add = [&](double hours, double actual, const Quantiles& q) {
    chart.x.push_back(hours);
    chart.lines[0].y.push_back(actual);
    chart.lines[1].y.push_back(q[kMedian]);
    chart.bands[0].low.push_back(q[kLow]);
    chart.bands[0].high.push_back(q[kHigh]);
    chart.bands[1].low.push_back(q[kLowInner]);
    chart.bands[1].high.push_back(q[kHighInner]);
  };
  const double hours = seconds(one.step) / 3600;
  Quantiles none;
  none.fill(kUnknown);
  for (std::size_t i = one.history.size() - past; i < one.history.size(); ++i) {
    const double back = static_cast<double>(one.history.size() - i);
    add(-back * hours, one.history.present[i] ? one.history.values[i] : kUnknown, none);
  }
  for (std::size_t h = 0; h < one.future.size(); ++h) {
    add(static_cast<double>(h) * hours, one.future.present[h] ? one.future.values[h] : kUnknown,
        steps[h]);
  }
  return line_chart(chart);
}

void add_fans(Page& page, const std::vector<ForecastCase>& cases, const MethodForecasts& run) {
  std::map<std::string, std::vector<std::pair<double, std::size_t>>> ranked;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto wql = case_wql(cases[i], run.steps[i]);
    if (wql) ranked[cases[i].dataset].emplace_back(*wql, i);
  }
  for (auto& [dataset, order] : ranked) {
    std::sort(order.begin(), order.end());
    const std::vector<std::pair<std::string, std::size_t>> chosen{
        {"best", 0}, {"median", order.size() / 2}, {"worst", order.size() - 1}};
    for (const auto& [what, place] : chosen) {
      const auto& [wql, i] = order[place];
      page.add({.title = fmt::format("{}: {} case of {}", dataset, what, run.name),
                .text = fmt::format("{}, WQL {:.4f}", cases[i].id, wql),
                .chart = fan_chart(cases[i], run.steps[i], "")});
    }
  }
}

}  // namespace

Status write_report(const std::string& path, const std::string& protocol,
                    const std::vector<ForecastCase>& cases,
                    const std::vector<MethodForecasts>& runs, const Comparison& comparison) {
  Page page("Forecasting methods compared",
            fmt::format("{} cases, protocol {}", comparison.cases, protocol));
  page.table(summary_table(comparison));
  for (const auto& [dataset, count] : comparison.cases_by_dataset) {
    page.table(dataset_table(dataset, comparison));
  }
  std::size_t best = 0;
  for (std::size_t m = 1; m < runs.size(); ++m) {
    const auto& relative = comparison.methods[m].relative_wql;
    if (relative && *relative < comparison.methods[best].relative_wql.value_or(1)) best = m;
  }
  if (!runs.empty()) add_fans(page, cases, runs[best]);
  const auto html = page.html();
  if (!html) return fail(html.error());
  return write_file_atomically(path, *html);
}

}  // namespace starling::lab
