#include "apps/cli/replay_history.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <sstream>

#include "apps/cli/node_answers.h"
#include "base/iso8601.h"
#include "base/nearest.h"
#include "control/ledger.h"

namespace starling::cli {
namespace {

using Json = nlohmann::json;

double number(const Json& value) { return value.is_number() ? value.get<double>() : 0; }

std::uint64_t count(const Json& value) {
  return value.is_number_integer() ? value.get<std::uint64_t>() : 0;
}

TimePoint at_second(std::int64_t second) { return TimePoint{std::chrono::seconds(second)}; }

RecordedModel* model_in(Recorded& recorded, const Json& name) {
  const auto found = std::find_if(recorded.models.begin(), recorded.models.end(),
                                  [&](const RecordedModel& m) { return m.spec.name == name; });
  return found == recorded.models.end() ? nullptr : &*found;
}

/// When one tier begins and ends, over all nodes.
struct Covered {
  std::int64_t first = std::numeric_limits<std::int64_t>::max();
  std::int64_t end = 0;
};

std::map<std::int64_t, Covered> covered_by(const std::vector<Json>& answers) {
  std::map<std::int64_t, Covered> tiers;
  for (const Json& rows : answers) {
    for (const Json& row : rows) {
      if (!row[1].is_number() || !row[2].is_number()) continue;
      const auto step = row[0].get<std::int64_t>();
      Covered& tier = tiers[step];
      tier.first = std::min(tier.first, row[1].get<std::int64_t>());
      tier.end = std::max(tier.end, row[2].get<std::int64_t>() + step);
    }
  }
  return tiers;
}

/// Of a model over all nodes: what its decisions say.
struct Decided {
  double weight = 0, service_sum = 0, square_sum = 0, occupied_sum = 0;
  double changes = 0;
  double first = std::numeric_limits<double>::infinity();
  int initial = 0;
  double cold_start_s = 0;

  void add(const Json& row) {
    weight += number(row[1]);
    service_sum += number(row[2]);
    square_sum += number(row[3]);
    occupied_sum += number(row[4]);
    changes += number(row[5]);
    cold_start_s = std::max(cold_start_s, number(row[10]));
    if (number(row[8]) >= first) return;
    first = number(row[8]);
    initial = static_cast<int>(number(row[9]));
  }
  void put_into(RecordedModel& model) const {
    model.scale_actions = static_cast<std::uint64_t>(changes);
    model.initial = initial;
    if (model.cold_starts_s.empty() && cold_start_s > 0) model.cold_starts_s = {cold_start_s};
    if (weight <= 0) return;
    const double mean = service_sum / weight;
    model.service_mean_s = occupied_sum / weight;
    model.in_model_s = mean;
    model.service_scv = mean > 0 ? std::max(0.0, square_sum / weight / (mean * mean) - 1) : 0;
  }
};

Status check_models(const std::vector<std::string>& asked, const Json& models) {
  std::vector<std::string> known;
  for (const Json& model : models) known.push_back(model.at("name").get<std::string>());
  if (known.empty()) {
    return fail(ErrorCode::kNotFound,
                "no model is applied, so there is nothing to replay: `starling apply -f FILE`");
  }
  for (const auto& name : asked) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return fail(ErrorCode::kNotFound, "there is no model '{}'{}", name, did_you_mean(name, known));
  }
  return {};
}

Result<std::vector<ModelSpec>> specs_of(const std::vector<std::string>& asked, const Json& models) {
  if (Status known = check_models(asked, models); !known) return fail(known.error());
  std::vector<ModelSpec> specs;
  for (const Json& model : models) {
    auto spec = model_spec_from_json(model.at("manifest"));
    if (!spec) return fail(spec.error());
    const bool wanted =
        asked.empty() || std::find(asked.begin(), asked.end(), spec->name) != asked.end();
    if (wanted) specs.push_back(std::move(*spec));
  }
  return specs;
}

bool has_requests(const RecordedModel& model) {
  return std::any_of(model.demand.begin(), model.demand.end(), [](double n) { return n > 0; });
}

/// Models with requests go into `history.recorded`, the others among the idle.
void read_demand(Histories& histories, const std::vector<ModelSpec>& specs,
                 RecordedHistory& history) {
  for (const ModelSpec& spec : specs) {
    RecordedModel model;
    model.spec = spec;
    model.demand.assign(history.span.steps(), 0);
    for (const Json& rows : histories.ask(demand_sql(history.span, spec.name)))
      add_demand(rows, model.demand);
    if (has_requests(model)) {
      history.recorded.models.push_back(std::move(model));
    } else {
      history.idle.push_back(spec.name);
    }
  }
}

void read_figures(Histories& histories, RecordedHistory& history) {
  Recorded& recorded = history.recorded;
  ModelNames names;
  for (const auto& model : recorded.models) names.push_back(model.spec.name);
  for (const Json& rows : histories.ask(usage_sql(history.span, names))) add_usage(rows, recorded);
  for (const Json& rows : histories.ask(latency_sql(history.span, names)))
    add_latency(rows, recorded);
  for (const Json& rows : histories.ask(cost_sql(history.span, names))) add_cost(rows, recorded);
  for (const Json& rows : histories.ask(start_sql(history.span, names))) add_starts(rows, recorded);
  add_decisions(histories.ask(decision_sql(history.span, names)), recorded);
}

std::string between(TimePoint since, TimePoint until) {
  return fmt::format("between {} and {}", iso8601(since), iso8601(until));
}

}  // namespace

Result<ReplaySpan> span_of(const std::vector<Json>& answers, TimePoint until) {
  constexpr std::int64_t kCostPatience = 15;
  auto tiers = covered_by(answers);
  const std::int64_t cost_end = tiers.contains(0) ? tiers[0].end : 0;
  tiers.erase(0);
  for (auto tier = tiers.begin(); tier != tiers.end(); ++tier) {
    const auto& [step, covered] = *tier;
    const bool covers = std::all_of(std::next(tier), tiers.end(), [&](const auto& coarser) {
      return covered.first < coarser.second.first + coarser.first;
    });
    if (!covers) continue;
    std::int64_t end =
        std::min(covered.end, static_cast<std::int64_t>(std::floor(unix_seconds(until))));
    if (step == 1 && cost_end < end && cost_end > end - kCostPatience) end = cost_end;
    const std::int64_t steps = (end - covered.first) / step;
    if (steps < 1) continue;
    return ReplaySpan{at_second(covered.first), at_second(covered.first + steps * step),
                      std::chrono::seconds(step)};
  }
  return fail(ErrorCode::kNotFound, "the history holds no requests");
}

std::vector<ScenarioNode> scenario_nodes(const Json& nodes) {
  std::vector<ScenarioNode> list;
  for (const Json& node : nodes) {
    const std::string state = node.at("state").get<std::string>();
    if (state == "dead" || state == "left") continue;
    const Json& capacity = node.at("capacity");
    ScenarioNode there{node.at("name"),
                       node.at("cloud"),
                       node.at("region"),
                       node.at("zone"),
                       capacity.at("cpu_millis"),
                       capacity.at("memory_bytes"),
                       0,
                       0};
    NodeInfo prices;
    prices.price_per_cpu_hour = node.at("price_per_cpu_hour").get<double>();
    prices.price_per_gib_hour = node.at("price_per_gib_hour").get<double>();
    there.price_per_cpu_hour = price_per_hour(prices, {1000, 0});
    there.price_per_gib_hour = price_per_hour(prices, {0, 1LL << 30});
    if (there.cpu_millis > 0) list.push_back(std::move(there));
  }
  return list;
}

void add_demand(const Json& rows, std::vector<double>& demand) {
  for (const Json& row : rows) {
    if (!row[0].is_string()) continue;
    std::istringstream text(row[0].get<std::string>());
    std::size_t step = 0;
    double requests = 0;
    while (text >> step >> requests) {
      if (step < demand.size()) demand[step] += requests;
    }
  }
}

void add_usage(const Json& rows, Recorded& recorded) {
  for (const Json& row : rows) {
    RecordedModel* model = model_in(recorded, row[0]);
    if (model == nullptr) continue;
    model->completed += count(row[1]);
    model->failed += count(row[2]);
    model->within_slo += count(row[3]);
    model->judged += count(row[4]);
    model->latency_sum_s += number(row[5]) / 1e3;
    model->cpu_s += number(row[6]);
  }
}

void add_latency(const Json& rows, Recorded& recorded) {
  for (const Json& row : rows) {
    recorded.latency.merge(LatencyHistogram::from_buckets(row[0].get<int>(), {count(row[1])}, 0));
  }
}

void add_cost(const Json& rows, Recorded& recorded) {
  for (const Json& row : rows) {
    RecordedModel* model = model_in(recorded, row[0]);
    if (model == nullptr) continue;
    model->replica_s += number(row[1]);
    model->cost += number(row[2]);
    model->core_s += number(row[3]);
  }
}

void add_starts(const Json& rows, Recorded& recorded) {
  for (const Json& row : rows) {
    RecordedModel* model = model_in(recorded, row[0]);
    if (model != nullptr && row[1].is_number()) model->cold_starts_s.push_back(number(row[1]));
  }
}

void add_decisions(const std::vector<Json>& answers, Recorded& recorded) {
  std::map<std::string, Decided> decided;
  double most = 0;
  for (const Json& rows : answers) {
    for (const Json& row : rows) {
      decided[row[0].get<std::string>()].add(row);
      // Whoever decided most was disturbed least in its rhythm.
      if (number(row[6]) <= most || number(row[7]) <= 0) continue;
      most = number(row[6]);
      recorded.decision_interval =
          from_seconds(std::max(0.1, std::round(10 * number(row[7])) / 10));
    }
  }
  for (RecordedModel& model : recorded.models) decided[model.spec.name].put_into(model);
}

Result<RecordedHistory> recorded_history(const Fleet& fleet, TimePoint since, TimePoint until,
                                         const std::vector<std::string>& models) {
  const auto nodes = fleet.call("GET", "/v1/nodes");
  if (!nodes) return fail(nodes.error());
  const auto applied = fleet.call("GET", "/v1/models");
  if (!applied) return fail(applied.error());
  const auto specs = specs_of(models, *applied);
  if (!specs) return fail(specs.error());
  ModelNames names;
  for (const ModelSpec& spec : *specs) names.push_back(spec.name);

  Histories histories = histories_of(*nodes, fleet.token);
  const auto coverage = histories.ask(coverage_sql(since, until, names));
  if (coverage.empty()) {
    return fail(ErrorCode::kUnavailable, "no node's history answers: {}", histories.missing.dump());
  }
  const auto span = span_of(coverage, until);
  if (!span)
    return fail(ErrorCode::kNotFound, "{} {}", span.error().message, between(since, until));
  RecordedHistory history{*span, {}, {}, {}};
  history.recorded.name = fleet.name.empty() ? "the fleet's history" : fleet.name;
  history.recorded.step = span->step;
  history.recorded.nodes = scenario_nodes(*nodes);
  read_demand(histories, *specs, history);
  if (!models.empty() && !history.idle.empty()) {
    return fail(ErrorCode::kNotFound, "no request came for model '{}' {}", history.idle.front(),
                between(span->since, span->until));
  }
  if (history.recorded.models.empty())
    return fail(ErrorCode::kNotFound, "no request came {}", between(span->since, span->until));
  read_figures(histories, history);
  history.missing = std::move(histories.missing);
  return history;
}

}  // namespace starling::cli
