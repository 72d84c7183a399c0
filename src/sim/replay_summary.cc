// Implements sim/replay_summary.h.
#include "sim/replay_summary.h"

#include <algorithm>
#include <cmath>

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
  bool whole = false;                 // a count, where it is no mean of several runs
  bool (*wanted)(Outcome) = nullptr;  // a column only where it says so of some policy
  bool fine = false;                  // three digits of it where all are small
};

bool rejects(Outcome o) { return o.admission; }
bool sizes(Outcome o) { return o.sized; }

constexpr Figure kFigures[] = {
    {"requests", ">REQUESTS", [](Outcome o) { return static_cast<double>(o.requests); }, 1, 0,
     true},
    {"slo_attainment", ">SLO MET %", [](Outcome o) { return o.slo_attainment; }, 100, 2},
    {"slo_attainment_model_mean", ">PER MODEL %",
     [](Outcome o) { return o.slo_attainment_model_mean; }, 100, 2},
    {"dropped", ">DROPPED", [](Outcome o) { return static_cast<double>(o.dropped); }, 1, 0, true},
    {"rejected", ">REJECTED", [](Outcome o) { return static_cast<double>(o.rejected); }, 1, 0, true,
     rejects},
    {"slo_attainment_admitted", ">ADMITTED MET %",
     [](Outcome o) { return o.slo_attainment_admitted; }, 100, 2, false, rejects},
    {"latency_ms/mean", ">MEAN MS", [](Outcome o) { return o.latency_mean_ms; }},
    {"latency_ms/p50", ">P50 MS", [](Outcome o) { return o.latency_p50_ms; }},
    {"latency_ms/p95", ">P95 MS", [](Outcome o) { return o.latency_p95_ms; }},
    {"latency_ms/p99", ">P99 MS", [](Outcome o) { return o.latency_p99_ms; }},
    {"utilization", ">USED %", [](Outcome o) { return o.utilization; }, 100, 1},
    {"replica_hours", ">REPL HOURS", [](Outcome o) { return o.replica_hours; }, 1, 1, false,
     nullptr, true},
    {"core_hours", ">CORE HOURS", [](Outcome o) { return o.core_hours; }, 1, 1, false, sizes, true},
    {"cost", ">COST", [](Outcome o) { return o.cost; }, 1, 2, false, nullptr, true},
    {"scale_actions", ">ACTIONS", [](Outcome o) { return static_cast<double>(o.scale_actions); }, 1,
     0, true},
    {"size_changes", ">RESIZED", [](Outcome o) { return static_cast<double>(o.size_changes); }, 1,
     0, true, sizes},
};

/// Whether the table shows the figure.
bool shown(const Figure& figure, const std::vector<ReplayRuns>& policies) {
  return figure.wanted == nullptr ||
         std::any_of(policies.begin(), policies.end(),
                     [&](const ReplayRuns& runs) { return figure.wanted(runs.front()); });
}

SeedMean mean_of(const Figure& figure, const ReplayRuns& runs) {
  std::vector<double> values;
  for (const ReplayOutcome& run : runs) values.push_back(figure.of(run));
  return seed_mean(values);
}

int decimals_of(const Figure& figure, const std::vector<ReplayRuns>& policies) {
  constexpr int kDecimalsMax = 6;
  if (!figure.fine) return figure.decimals;
  double largest = 0;
  for (const ReplayRuns& runs : policies) largest = std::max(largest, mean_of(figure, runs).mean);
  if (largest <= 0 || largest >= 1) return figure.decimals;
  const int digits = 2 - static_cast<int>(std::floor(std::log10(largest)));
  return std::clamp(digits, figure.decimals, kDecimalsMax);
}

}  // namespace

ReplayFigures replay_figures(const std::vector<ReplayRuns>& policies) {
  ReplayFigures figures{.headings = {"POLICY"}, .rows = {}};
  for (const ReplayRuns& runs : policies) figures.rows.push_back({runs.front().policy});
  for (const Figure& figure : kFigures) {
    if (!shown(figure, policies)) continue;
    figures.headings.emplace_back(figure.heading);
    const int decimals = decimals_of(figure, policies);
    for (std::size_t i = 0; i < policies.size(); ++i) {
      const SeedMean mean = mean_of(figure, policies[i]);
      std::string cell = fmt::format("{:.{}f}", figure.scale * mean.mean, decimals);
      if (policies[i].size() > 1)
        cell += fmt::format(" ±{:.{}f}", figure.scale * mean.half_width, decimals);
      figures.rows[i].push_back(std::move(cell));
    }
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
