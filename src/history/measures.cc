#include "history/measures.h"

#include <algorithm>
#include <array>

#include "base/nearest.h"

namespace starling::history {
namespace {

using Merge = PartialColumn::Merge;
using Form = Measure::Form;

constexpr std::array<std::string_view, 8> kFactNames{
    "usage", "latency", "forecast_error", "decision", "bid", "placement", "cost", "health"};

constexpr std::array kPartials{
    PartialColumn{"arrivals", Fact::kUsage, "arrivals"},
    PartialColumn{"completed", Fact::kUsage, "completed"},
    PartialColumn{"failed", Fact::kUsage, "failed"},
    PartialColumn{"answered", Fact::kUsage, "completed + failed"},
    PartialColumn{"within_slo", Fact::kUsage, "within_slo"},
    PartialColumn{"slo_judged", Fact::kUsage,
                  "CASE WHEN within_slo IS NOT NULL THEN completed + failed END"},
    PartialColumn{"latency_ms", Fact::kUsage, "latency_sum_ms"},
    PartialColumn{"in_flight_s", Fact::kUsage, "in_flight * seconds"},
    PartialColumn{"queued_s", Fact::kUsage, "queued * seconds"},
    PartialColumn{"replica_s", Fact::kUsage, "replicas_ready * seconds"},
    PartialColumn{"cpu_core_s", Fact::kUsage, "cpu_cores * seconds"},
    PartialColumn{"usage_s", Fact::kUsage, "seconds", Merge::kSpan},
    PartialColumn{"forecasts", Fact::kForecastError, "(absolute_error IS NOT NULL)::INTEGER"},
    PartialColumn{"forecast_absolute_error", Fact::kForecastError, "absolute_error"},
    PartialColumn{"forecast_actual", Fact::kForecastError, "actual"},
    PartialColumn{"forecast_pinball", Fact::kForecastError, "pinball"},
    PartialColumn{"forecast_covered", Fact::kForecastError, "covered::INTEGER"},
    PartialColumn{"decisions", Fact::kDecision, "(NOT shadow)::INTEGER"},
    PartialColumn{"scale_ups", Fact::kDecision, "(NOT shadow AND desired > current)::INTEGER"},
    PartialColumn{"scale_downs", Fact::kDecision, "(NOT shadow AND desired < current)::INTEGER"},
    PartialColumn{"bids", Fact::kBid, "1"},
    PartialColumn{"bids_won", Fact::kBid, "(awarded > 0)::INTEGER"},
    PartialColumn{"starts", Fact::kPlacement, "(event = 'start')::INTEGER"},
    PartialColumn{"failures", Fact::kPlacement, "(event = 'fail')::INTEGER"},
    PartialColumn{"cold_start_s", Fact::kPlacement, "cold_start_s"},
    PartialColumn{"cold_starts", Fact::kPlacement, "(cold_start_s IS NOT NULL)::INTEGER"},
    PartialColumn{"replica_seconds", Fact::kCost, "replica_seconds"},
    PartialColumn{"reserved_core_s", Fact::kCost, "cpu_core_seconds"},
    PartialColumn{"cost", Fact::kCost, "cost"},
    PartialColumn{"node_cpu_s", Fact::kHealth, "cpu_used * seconds"},
    PartialColumn{"node_cpu_capacity_s", Fact::kHealth, "cpu_capacity * seconds"},
    PartialColumn{"node_memory_s", Fact::kHealth, "memory_used_bytes * seconds"},
    PartialColumn{"node_memory_capacity_s", Fact::kHealth, "memory_capacity_bytes * seconds"},
};

constexpr std::array kMeasures{
    Measure{"requests", "requests", Form::kSum, "arrivals", "", 1, 0, "requests that arrived"},
    Measure{"completed", "requests", Form::kSum, "completed", "", 1, 0,
            "requests that were answered well"},
    Measure{"failed", "requests", Form::kSum, "failed", "", 1, 0,
            "requests that were refused, timed out or ended in an error"},
    Measure{"error_rate", "ratio", Form::kRatio, "failed", "answered", 1, 0,
            "share of the answered requests that failed"},
    Measure{"arrival_rate", "requests/s", Form::kRatio, "arrivals", "usage_s", 1, 0,
            "requests a second, over the time that was recorded"},
    Measure{"slo_attainment", "ratio", Form::kRatio, "within_slo", "slo_judged", 1, 0,
            "share of the requests answered well within the model's latency objective"},
    Measure{"mean_latency", "ms", Form::kRatio, "latency_ms", "completed", 1, 0,
            "mean latency of the completed requests"},
    Measure{"p50_latency", "ms", Form::kPercentile, "", "", 1, 0.5, "median latency"},
    Measure{"p95_latency", "ms", Form::kPercentile, "", "", 1, 0.95,
            "latency that 95 % of the requests stay within"},
    Measure{"p99_latency", "ms", Form::kPercentile, "", "", 1, 0.99,
            "latency that 99 % of the requests stay within"},
    Measure{"in_flight", "requests", Form::kRatio, "in_flight_s", "usage_s", 1, 0,
            "requests being served at a time, mean over time"},
    Measure{"queued", "requests", Form::kRatio, "queued_s", "usage_s", 1, 0,
            "requests waiting at a time, mean over time"},
    Measure{"replicas", "replicas", Form::kRatio, "replica_s", "usage_s", 1, 0,
            "replicas ready at a time, mean over time"},
    Measure{"cpu_cores", "cores", Form::kRatio, "cpu_core_s", "usage_s", 1, 0,
            "cores that the replicas used, mean over time"},
    Measure{"utilization", "ratio", Form::kRatio, "cpu_core_s", "reserved_core_s", 1, 0,
            "share of the cores reserved for replicas that they used"},
    Measure{"replica_hours", "hours", Form::kSum, "replica_seconds", "", 1.0 / 3600, 0,
            "hours that replicas ran"},
    Measure{"cost", "currency", Form::kSum, "cost", "", 1, 0,
            "price of the capacity that replicas held, in the price's currency"},
    Measure{"cost_per_1k_requests", "currency", Form::kRatio, "cost", "completed", 1000, 0,
            "cost of a thousand completed requests"},
    Measure{"forecast_mae", "requests/s", Form::kRatio, "forecast_absolute_error", "forecasts", 1,
            0, "mean absolute error of the median forecast"},
    Measure{"forecast_wape", "ratio", Form::kRatio, "forecast_absolute_error", "forecast_actual", 1,
            0, "absolute error of the median forecast, as a share of the demand that came"},
    Measure{"forecast_pinball", "requests/s", Form::kRatio, "forecast_pinball", "forecasts", 1, 0,
            "mean pinball loss over the 12 levels, doubled: comparable to the absolute error"},
    Measure{"forecast_coverage", "ratio", Form::kRatio, "forecast_covered", "forecasts", 1, 0,
            "share of the time that demand lay in the 5 to 95 % band (0.9 is calibrated)"},
    Measure{"decisions", "decisions", Form::kSum, "decisions", "", 1, 0,
            "decisions that were acted on"},
    Measure{"scale_ups", "decisions", Form::kSum, "scale_ups", "", 1, 0,
            "decisions for more replicas"},
    Measure{"scale_downs", "decisions", Form::kSum, "scale_downs", "", 1, 0,
            "decisions for fewer replicas"},
    Measure{"bids", "bids", Form::kSum, "bids", "", 1, 0, "bids that nodes made"},
    Measure{"bid_win_rate", "ratio", Form::kRatio, "bids_won", "bids", 1, 0,
            "share of the bids that were awarded a replica"},
    Measure{"starts", "replicas", Form::kSum, "starts", "", 1, 0, "replicas started"},
    Measure{"failures", "replicas", Form::kSum, "failures", "", 1, 0, "replicas that failed"},
    Measure{"cold_start", "s", Form::kRatio, "cold_start_s", "cold_starts", 1, 0,
            "mean time from a replica's start until it is ready"},
    Measure{"node_cpu", "ratio", Form::kRatio, "node_cpu_s", "node_cpu_capacity_s", 1, 0,
            "share of the nodes' cores in use"},
    Measure{"node_memory", "ratio", Form::kRatio, "node_memory_s", "node_memory_capacity_s", 1, 0,
            "share of the nodes' memory in use"},
    Measure{"active_models", "models", Form::kDistinct, "", "", 1, 0,
            "distinct models that had requests (approximate: standard error 3.3 %)"},
};

std::string aggregate_text(const PartialColumn& column) {
  return fmt::format("{}({})", column.merge == Merge::kSpan ? "span" : "sum", column.sql);
}

}  // namespace

std::string_view name_of(Fact fact) { return kFactNames[static_cast<std::size_t>(fact)]; }

std::span<const PartialColumn> partial_columns() { return kPartials; }

const PartialColumn* find_partial_column(std::string_view name) {
  const auto* found = std::find_if(kPartials.begin(), kPartials.end(),
                                   [&](const PartialColumn& c) { return c.name == name; });
  return found == kPartials.end() ? nullptr : found;
}

std::string Measure::aggregation() const {
  switch (form) {
    case Form::kPercentile:
      return fmt::format("percentile({}) of sum(count) by bucket", percentile);
    case Form::kDistinct:
      return "HyperLogLog: max(rank) by register";
    default:
      break;
  }
  std::string text = aggregate_text(*find_partial_column(numerator));
  if (form == Form::kRatio) text += " / " + aggregate_text(*find_partial_column(denominator));
  if (scale > 1) text += fmt::format(" * {:.6g}", scale);
  if (scale < 1) text += fmt::format(" / {:.6g}", 1 / scale);
  return text;
}

std::vector<Fact> Measure::facts() const {
  if (form == Form::kPercentile) return {Fact::kLatency};
  if (form == Form::kDistinct) return {Fact::kUsage};
  std::vector<Fact> facts{find_partial_column(numerator)->fact};
  if (form == Form::kRatio) {
    const Fact second = find_partial_column(denominator)->fact;
    if (second != facts.front()) facts.push_back(second);
  }
  return facts;
}

std::span<const Measure> measures() { return kMeasures; }

Result<const Measure*> measure_named(std::string_view name) {
  const auto* found = std::find_if(kMeasures.begin(), kMeasures.end(),
                                   [&](const Measure& m) { return m.name == name; });
  if (found != kMeasures.end()) return found;
  std::vector<std::string> names;
  for (const auto& m : kMeasures) names.emplace_back(m.name);
  return fail(ErrorCode::kInvalid,
              "there is no measure '{}'{}; `starling cube --list` shows all of them",
              name.substr(0, 64), did_you_mean(name, names));
}

nlohmann::json measures_json() {
  auto list = nlohmann::json::array();
  for (const auto& m : kMeasures) {
    auto facts = nlohmann::json::array();
    for (const Fact fact : m.facts()) facts.push_back(name_of(fact));
    list.push_back({{"name", m.name},
                    {"unit", m.unit},
                    {"facts", facts},
                    {"aggregation", m.aggregation()},
                    {"meaning", m.meaning}});
  }
  return list;
}

}  // namespace starling::history
