// Implements sim/replay_summary.h.
#include "sim/replay_summary.h"

#include <algorithm>

#include "base/seed_mean.h"
#include "base/table.h"

namespace starling {
namespace {

using Json = nlohmann::json;
using Outcome = const ReplayOutcome&;

/// What is reported of a policy: under `key` (a path) in JSON, and in the table in the unit of its
/// heading, `scale` times as large.
struct Figure {
  const char* key;
  const char* heading;
  double (*of)(Outcome);
  double scale = 1;
  int decimals = 0;
  bool whole = false;      // a count, where it is no mean of several runs
  bool admission = false;  // a column only where some model rejects
};

constexpr Figure kFigures[] = {
    {"requests", ">REQUESTS", [](Outcome o) { return static_cast<double>(o.requests); }, 1, 0,
     true},
    {"slo_attainment", ">SLO MET %", [](Outcome o) { return o.slo_attainment; }, 100, 2},
    {"slo_attainment_model_mean", ">PER MODEL %",
     [](Outcome o) { return o.slo_attainment_model_mean; }, 100, 2},
    {"dropped", ">DROPPED", [](Outcome o) { return static_cast<double>(o.dropped); }, 1, 0, true},
    {"rejected", ">REJECTED", [](Outcome o) { return static_cast<double>(o.rejected); }, 1, 0, true,
     true},
    {"slo_attainment_admitted", ">ADMITTED MET %",
     [](Outcome o) { return o.slo_attainment_admitted; }, 100, 2, false, true},
    {"latency_ms/mean", ">MEAN MS", [](Outcome o) { return o.latency_mean_ms; }},
    {"latency_ms/p50", ">P50 MS", [](Outcome o) { return o.latency_p50_ms; }},
    {"latency_ms/p95", ">P95 MS", [](Outcome o) { return o.latency_p95_ms; }},
    {"latency_ms/p99", ">P99 MS", [](Outcome o) { return o.latency_p99_ms; }},
    {"utilization", ">USED %", [](Outcome o) { return o.utilization; }, 100, 1},
    {"replica_hours", ">REPL HOURS", [](Outcome o) { return o.replica_hours; }, 1, 1},
    {"cost", ">COST", [](Outcome o) { return o.cost; }, 1, 2},
    {"scale_actions", ">ACTIONS", [](Outcome o) { return static_cast<double>(o.scale_actions); }, 1,
     0, true},
};

/// Whether the table shows the figure.
bool shown(const Figure& figure, const std::vector<ReplayRuns>& policies) {
  return !figure.admission ||
         std::any_of(policies.begin(), policies.end(),
                     [](const ReplayRuns& runs) { return runs.front().admission; });
}

SeedMean mean_of(const Figure& figure, const ReplayRuns& runs) {
  std::vector<double> values;
  for (const ReplayOutcome& run : runs) values.push_back(figure.of(run));
  return seed_mean(values);
}

}  // namespace

ReplayFigures replay_figures(const std::vector<ReplayRuns>& policies) {
  ReplayFigures figures{.headings = {"POLICY"}, .rows = {}};
  for (const Figure& figure : kFigures) {
    if (shown(figure, policies)) figures.headings.emplace_back(figure.heading);
  }
  for (const ReplayRuns& runs : policies) {
    std::vector<std::string> row{runs.front().policy};
    for (const Figure& figure : kFigures) {
      if (!shown(figure, policies)) continue;
      const SeedMean mean = mean_of(figure, runs);
      row.push_back(fmt::format("{:.{}f}", figure.scale * mean.mean, figure.decimals));
      if (runs.size() < 2) continue;
      row.back() += fmt::format(" ±{:.{}f}", figure.scale * mean.half_width, figure.decimals);
    }
    figures.rows.push_back(std::move(row));
  }
  return figures;
}

std::string replay_table(const std::vector<ReplayRuns>& policies) {
  ReplayFigures figures = replay_figures(policies);
  Table table(std::move(figures.headings));
  for (auto& row : figures.rows) table.add(std::move(row));
  return table.text();
}

Json replay_json(const std::string& scenario, std::uint64_t seed,
                 const std::vector<ReplayRuns>& policies) {
  Json summary{{"scenario", scenario}, {"seed", seed}, {"policies", Json::array()}};
  for (const ReplayRuns& runs : policies) {
    if (runs.size() > 1) summary["seeds"] = runs.size();
    Json row{{"name", runs.front().policy}};
    for (const Figure& figure : kFigures) {
      const Json::json_pointer place(std::string("/") + figure.key);
      const Json::json_pointer interval(place.to_string() + "_ci");
      const SeedMean mean = mean_of(figure, runs);
      row[place] = mean.mean;
      if (runs.size() > 1) {
        row[interval] = {mean.mean - mean.half_width, mean.mean + mean.half_width};
      } else if (figure.whole) {
        row[place] = static_cast<std::int64_t>(mean.mean);
      }
    }
    summary["policies"].push_back(std::move(row));
  }
  return summary;
}

}  // namespace starling
