// Implements sim/replay_summary.h.
#include "sim/replay_summary.h"

#include <array>
#include <cmath>

namespace starling {
namespace {

/// Student's t at 0.975 for 1 … 9 degrees of freedom; two from there on.
constexpr std::array kStudent{12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262};

/// Counts are whole where they are not means of several runs.
bool is_count(const std::string& key) {
  return key == "requests" || key == "dropped" || key == "scale_actions";
}

}  // namespace

MeanOfRuns mean_of_runs(const std::vector<double>& values) {
  MeanOfRuns result;
  for (const double value : values) result.mean += value / static_cast<double>(values.size());
  if (values.size() < 2) return result;
  double squares = 0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  const auto freedom = values.size() - 1;
  const double t = freedom <= kStudent.size() ? kStudent[freedom - 1] : 2.0;
  result.half_width =
      t * std::sqrt(squares / static_cast<double>(freedom) / static_cast<double>(values.size()));
  return result;
}

const std::vector<ReplayFigure>& replay_figures() {
  using Outcome = const ReplayOutcome&;
  static const std::vector<ReplayFigure> figures{
      {"requests", [](Outcome o) { return static_cast<double>(o.requests); }},
      {"slo_attainment", [](Outcome o) { return o.slo_attainment; }},
      {"slo_attainment_model_mean", [](Outcome o) { return o.slo_attainment_model_mean; }},
      {"dropped", [](Outcome o) { return static_cast<double>(o.dropped); }},
      {"latency_ms/mean", [](Outcome o) { return o.latency_mean_ms; }},
      {"latency_ms/p50", [](Outcome o) { return o.latency_p50_ms; }},
      {"latency_ms/p95", [](Outcome o) { return o.latency_p95_ms; }},
      {"latency_ms/p99", [](Outcome o) { return o.latency_p99_ms; }},
      {"utilization", [](Outcome o) { return o.utilization; }},
      {"replica_hours", [](Outcome o) { return o.replica_hours; }},
      {"cost", [](Outcome o) { return o.cost; }},
      {"scale_actions", [](Outcome o) { return static_cast<double>(o.scale_actions); }},
  };
  return figures;
}

nlohmann::json replay_json(const std::string& scenario, std::uint64_t seed,
                           const std::vector<ReplayRuns>& policies) {
  using Json = nlohmann::json;
  Json rows = Json::array();
  std::size_t seeds = 1;
  for (const ReplayRuns& runs : policies) {
    seeds = runs.size();
    Json row{{"name", runs.front().policy}};
    for (const ReplayFigure& figure : replay_figures()) {
      std::vector<double> values;
      for (const ReplayOutcome& run : runs) values.push_back(figure.of(run));
      const MeanOfRuns mean = mean_of_runs(values);
      const std::string path = std::string("/") + figure.key;
      Json& value = row[Json::json_pointer(path)];
      if (runs.size() > 1) {
        value = mean.mean;
        row[Json::json_pointer(path + "_ci")] = {mean.mean - mean.half_width,
                                                 mean.mean + mean.half_width};
      } else if (is_count(figure.key)) {
        value = static_cast<std::int64_t>(values.front());
      } else {
        value = values.front();
      }
    }
    rows.push_back(std::move(row));
  }
  Json summary{{"scenario", scenario}, {"seed", seed}, {"policies", rows}};
  if (seeds > 1) summary["seeds"] = seeds;
  return summary;
}

}  // namespace starling
