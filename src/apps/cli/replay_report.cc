// Implements apps/cli/replay_report.h.
#include "apps/cli/replay_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/counted.h"
#include "base/seed_mean.h"
#include "base/table.h"
#include "plot/charts.h"
#include "plot/tradeoff.h"

namespace starling::cli {
namespace {

constexpr std::size_t kCoursesMax = 400;  // models × policies that are drawn in time
constexpr std::size_t kColumnsMax = 40;   // models in a heat map
constexpr std::size_t kNumbersMax = 16;   // models whose share has room to be written

template <typename Of>
SeedMean over_seeds(const ReplayRuns& runs, Of of) {
  std::vector<double> values;
  for (const ReplayOutcome& run : runs) values.push_back(of(run));
  return seed_mean(values);
}

bool has_prices(const Scenario& scenario) {
  return std::ranges::any_of(scenario.nodes, [](const auto& node) {
    return node.price_per_cpu_hour > 0 || node.price_per_gib_hour > 0;
  });
}

SeedMean cost_of(const Scenario& scenario, const ReplayRuns& runs) {
  const bool priced = has_prices(scenario);
  return over_seeds(
      runs, [&](const ReplayOutcome& run) { return priced ? run.cost : run.replica_hours; });
}

SeedMean attainment_of(const ReplayRuns& runs) {
  return over_seeds(runs, [](const ReplayOutcome& run) { return 100 * run.slo_attainment; });
}

std::string cost_title(const Scenario& scenario) {
  return has_prices(scenario) ? "cost" : "replica-hours";
}

/// The rows of the comparison: what really happened, where that is known, and the policies.
std::vector<ReplayRuns> compared(const ReplayReport& report) {
  std::vector<ReplayRuns> rows = report.policies;
  if (report.measured) rows.insert(rows.begin(), ReplayRuns{*report.measured});
  return rows;
}

void add_figures(Page& page, const ReplayReport& report) {
  const ReplayFigures figures = replay_figures(compared(report));
  PageTable table{.title = "Comparison",
                  .text =
                      "SLO met: of all requests; per model: the mean of the models' shares. "
                      "Used: service time over paid-for time.",
                  .columns = {},
                  .rows = figures.rows};
  for (const std::string& heading : figures.headings) {
    const bool number = heading.starts_with('>');
    table.columns.push_back({heading.substr(number ? 1 : 0), number});
  }
  page.table(table);
}

void add_frontier(Page& page, const Scenario& scenario, const ReplayReport& report) {
  TradeoffChart chart{.x_axis = {.title = cost_title(scenario)},
                      .y_axis = {.title = "requests within the SLO, %"},
                      .points = {},
                      .y_max = 100};
  std::vector<ReplayRuns> rows = report.policies;  // first, for the colours that they have in time
  if (report.measured) rows.push_back(ReplayRuns{*report.measured});
  for (const ReplayRuns& runs : rows) {
    const SeedMean cost = cost_of(scenario, runs);
    const SeedMean met = attainment_of(runs);
    chart.points.push_back(
        {runs.front().policy, cost.mean, cost.half_width, met.mean, met.half_width});
  }
  page.add({.title = "Cost and SLO",
            .text = fmt::format("Better is up and to the left; on the dashed line lie the policies "
                                "that no other beats in both.{}",
                                report.policies.front().size() > 1
                                    ? " Bars: 95 % intervals of the mean over the seeds."
                                    : ""),
            .chart = tradeoff_chart(chart)});
}

void add_costs(Page& page, const Scenario& scenario, const ReplayReport& report) {
  BarChart chart{
      .x_axis = {.title = cost_title(scenario)}, .names = {}, .values = {}, .lying = true};
  for (const ReplayRuns& runs : compared(report)) {
    chart.names.push_back(runs.front().policy);
    chart.values.push_back(cost_of(scenario, runs).mean);
  }
  page.add({.title = "Cost by policy",
            .text = "From each start until the replica's room is free again.",
            .chart = bar_chart(chart)});
}

void add_attainments(Page& page, const Scenario& scenario, const ReplayReport& report,
                     std::vector<std::size_t> models) {
  HeatMap map{.value_title = "%", .columns = {}, .rows = {}, .cells = {}};
  const std::size_t count = std::min(kColumnsMax, models.size());
  if (count <= kNumbersMax) map.numbers = ".1f";
  models.resize(count);
  std::ranges::sort(models);
  for (const std::size_t i : models) map.columns.push_back(scenario.models[i].name);
  for (const ReplayRuns& runs : report.policies) {
    map.rows.push_back(runs.front().policy);
    auto& cells = map.cells.emplace_back();
    for (const std::size_t i : models) {
      cells.push_back(over_seeds(runs, [&](const ReplayOutcome& run) {
                        const auto& totals = run.models[i].totals;
                        return totals.arrived == 0 ? 100
                                                   : 100 * static_cast<double>(totals.met_slo) /
                                                         static_cast<double>(totals.arrived);
                      }).mean);
    }
  }
  page.add({.title = "SLO by model",
            .text = count < scenario.models.size()
                        ? fmt::format("Requests within the SLO, of the {} models of {} with most "
                                      "requests.",
                                      count, scenario.models.size())
                        : "Requests within the SLO.",
            .chart = heat_map(map)});
}

/// The busiest first.
std::vector<std::size_t> by_requests(const Scenario& scenario, const ReplayRuns& runs) {
  std::vector<std::size_t> order(scenario.models.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater{},
                           [&](std::size_t i) { return runs.front().models[i].totals.arrived; });
  return order;
}

void add_courses(Page& page, const Scenario& scenario, const ReplayReport& report,
                 std::vector<std::size_t> models) {
  const bool decided = !report.timelines.empty() && !report.timelines.front().models.empty() &&
                       !report.timelines.front().models.front().empty();
  if (!decided) return;
  const std::size_t all = models.size();
  models.resize(std::clamp<std::size_t>(kCoursesMax / report.policies.size(), 1, all));
  std::ranges::sort(models);
  page.add({.title = "In time",
            .text = fmt::format(
                "Seed {}. Choose a model and a policy; the last two charts compare all policies on "
                "that model. Replicas are as each decision found them. Latencies are of requests "
                "whose service began in the interval; where several intervals share a point, it is "
                "the mean of their medians and the highest of their 95th percentiles.{}",
                report.seed,
                models.size() < all
                    ? fmt::format(" The {} models of {} with most requests.", models.size(), all)
                    : ""),
            .chart = replay_courses(scenario, report, models)});
}

std::string subtitle_of(const Scenario& scenario, const ReplayReport& report) {
  std::size_t intervals = 0;
  for (const auto& model : scenario.models) intervals = std::max(intervals, model.demand.size());
  const std::size_t seeds = report.policies.front().size();
  return fmt::format(
      "{} over {} on a capacity of {}, a decision each {:g} s, forecaster {}, seed {}{}.",
      counted(static_cast<std::int64_t>(scenario.models.size()), "model"),
      short_age(static_cast<double>(intervals) * seconds(scenario.trace_interval)),
      counted(scenario.replicas_total(), "replica"), seconds(scenario.decision_interval),
      report.forecaster, report.seed,
      seeds > 1 ? fmt::format(" and the {} that follow{}", seeds - 1, seeds == 2 ? "s" : "") : "");
}

}  // namespace

Page replay_page(const Scenario& scenario, const ReplayReport& report) {
  Page page(fmt::format("Policies compared on {}", scenario.name), subtitle_of(scenario, report));
  const auto models = by_requests(scenario, report.policies.front());
  add_figures(page, report);
  add_frontier(page, scenario, report);
  add_costs(page, scenario, report);
  if (models.size() > 1) add_attainments(page, scenario, report, models);
  add_courses(page, scenario, report, models);
  return page;
}

}  // namespace starling::cli
