// Implements sim/scenario_draft.h.
#include "sim/scenario_draft.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/counted.h"
#include "base/units.h"
#include "sim/scenario.h"

namespace starling {
namespace {

constexpr double kKnownMin = 0.9;
constexpr double kLocationMs = 79.3, kScaleMs = 68.6, kShape = 0.4225;

/// A series that may become a model, in requests an interval.
struct DraftModel {
  Series series;
  double mean = 0;  // of the known intervals
  double variation = 0;
  double known = 0;   // share of the intervals
  double silent = 0;  // share of the known ones
};

DraftModel candidate_of(Series series, double factor) {
  DraftModel candidate;
  double sum = 0, squares = 0, known = 0, silent = 0;
  for (std::size_t i = 0; i < series.size(); ++i) {
    series.values[i] *= factor;
    if (!series.present[i]) continue;
    sum += series.values[i];
    squares += series.values[i] * series.values[i];
    ++known;
    silent += series.values[i] == 0;
  }
  if (known > 0) {
    candidate.known = known / static_cast<double>(series.size());
    candidate.silent = silent / known;
    candidate.mean = sum / known;
    const double variance = std::max(0.0, squares / known - candidate.mean * candidate.mean);
    candidate.variation = candidate.mean > 0 ? std::sqrt(variance) / candidate.mean : 0;
  }
  candidate.series = std::move(series);
  return candidate;
}

/// Whole stretches; what is left at the end is dropped.
std::vector<Series> stretches_of(const Series& series, Duration stretch) {
  const auto length = static_cast<std::ptrdiff_t>(stretch / series.step);
  std::vector<Series> parts;
  for (std::ptrdiff_t from = 0; from + length <= std::ssize(series.values); from += length) {
    Series part;
    part.workload = fmt::format("{}@{}", series.workload, format_duration(from * series.step));
    part.step = series.step;
    const auto values = series.values.begin() + from;
    const auto present = series.present.begin() + from;
    part.values.assign(values, values + length);
    part.present.assign(present, present + length);
    parts.push_back(std::move(part));
  }
  return parts;
}

Status check(const std::vector<Series>& series, const ScenarioDraft& draft) {
  if (draft.models < 1 || draft.times <= 0 || draft.variation_min < 0 || draft.replicas < 0 ||
      draft.load_factor <= 0) {
    return fail(ErrorCode::kInvalid,
                "a scenario needs at least one model, and factors greater than zero");
  }
  if (draft.rates && !(draft.rates->min > 0 && draft.rates->min <= draft.rates->max)) {
    return fail(ErrorCode::kInvalid,
                "the least mean rate must be greater than zero and no more than the highest");
  }
  for (const Series& one : series) {
    if (one.step != series.front().step) {
      return fail(ErrorCode::kInvalid,
                  "{} has a step of {}, {} one of {}: a scenario has one interval; bring them to "
                  "one step with trace convert",
                  one.workload, format_duration(one.step), series.front().workload,
                  format_duration(series.front().step));
    }
    if (draft.stretch != Duration::zero() && draft.stretch < one.step) {
      return fail(ErrorCode::kInvalid, "a stretch of {} is shorter than the trace's step of {}",
                  format_duration(draft.stretch), format_duration(one.step));
    }
  }
  return {};
}

/// Those that vary enough and are known, busiest first.
std::vector<DraftModel> chosen(const std::vector<Series>& series, const ScenarioDraft& draft) {
  std::vector<DraftModel> all;
  for (const Series& one : series) {
    const double factor = draft.times * (draft.per_second ? seconds(one.step) : 1);
    const auto parts = draft.stretch > Duration::zero() ? stretches_of(one, draft.stretch)
                                                        : std::vector<Series>{one};
    for (const Series& part : parts) {
      DraftModel candidate = candidate_of(part, factor);
      const bool fits = candidate.known >= kKnownMin && candidate.mean > 0 &&
                        candidate.variation >= draft.variation_min &&
                        candidate.silent <= draft.silent_max;
      if (fits) all.push_back(std::move(candidate));
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const DraftModel& a, const DraftModel& b) { return a.mean > b.mean; });
  return all;
}

/// Brings the mean rates from `rates.max` down to `rates.min` by equal factors.
void spread_rates(std::vector<DraftModel>& models, const ScenarioDraft::Rates& rates) {
  const double last = std::max(1.0, static_cast<double>(models.size()) - 1);
  for (std::size_t k = 0; k < models.size(); ++k) {
    Series& series = models[k].series;
    const double rate = rates.max * std::pow(rates.min / rates.max, static_cast<double>(k) / last);
    const double factor = rate * seconds(series.step) / models[k].mean;
    for (double& value : series.values) value *= factor;
  }
}

/// The largest mean over an hour (over all of a shorter trace) of the models' load together.
double busiest_hour(const std::vector<Series>& models, double service_s) {
  const Duration step = models.front().step;
  const std::size_t length = models.front().size();
  const auto hour =
      std::clamp<std::size_t>(static_cast<std::size_t>(Duration{1h} / step), 1, length);
  double sum = 0, most = 0;
  const auto at = [&](std::size_t i) {
    double requests = 0;
    for (const Series& model : models) requests += i < model.size() ? model.values[i] : 0;
    return requests;
  };
  for (std::size_t i = 0; i < length; ++i) {
    sum += at(i) - (i >= hour ? at(i - hour) : 0);
    if (i + 1 >= hour) most = std::max(most, sum);
  }
  return most * service_s / (static_cast<double>(hour) * seconds(step));
}

/// A text of JSON is one of YAML.
std::string text_of(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string yaml_of(const std::string& name, const std::string& trace_file,
                    const DraftedScenario& made, const ScenarioDraft& draft) {
  const double stretch =
      seconds(draft.service_mean) * 1e3 / (kLocationMs + kScaleMs * std::exp(kShape * kShape / 2));
  std::string yaml = fmt::format(
      "# Made by starling-lab scenario: {} on {}, {:.2f} times the mean load of "
      "the\n"
      "# busiest hour ({:.2f} Erlang).\n"
      "apiVersion: starling/v1\n"
      "kind: Scenario\n"
      "metadata: {{ name: {} }}\n"
      "spec:\n"
      "  trace: {{ file: {}, interval: {}, unit: requests }}\n"
      "  arrivals: poisson\n"
      "  seed: 42\n"
      "  decisionInterval: {}\n"
      "  capacity: {{ replicas: {} }}\n"
      "  models:\n",
      counted(std::ssize(made.trace), "model"), counted(made.replicas, "replica"),
      made.replicas / made.busiest_hour_load, made.busiest_hour_load, text_of(name),
      text_of(trace_file), format_duration(made.trace.front().step),
      format_duration(draft.decision_interval), made.replicas);
  for (const Series& model : made.trace) {
    yaml += fmt::format(
        "    - name: {}\n"
        "      serviceTime: {{ distribution: lognormal, location: {:.4g}ms, scale: {:.4g}ms, "
        "shape: {} }}\n"
        "      slo: {{ latency: {}, percentile: {} }}\n"
        "      coldStart: {}\n"
        "      release: {}\n"
        "      queueLimit: {}\n"
        "      replicas: {{ min: 1, max: {}, initial: 1 }}\n",
        model.workload, kLocationMs * stretch, kScaleMs * stretch, kShape,
        format_duration(draft.slo), draft.percentile, format_duration(draft.cold_start),
        format_duration(draft.release), draft.queue_limit, made.replicas);
  }
  return yaml;
}

}  // namespace

Result<DraftedScenario> draft_scenario(const std::string& name, const std::string& trace_file,
                                       const std::vector<Series>& series,
                                       const ScenarioDraft& draft) {
  if (auto right = check(series, draft); !right) return fail(right.error());
  std::vector<DraftModel> models = chosen(series, draft);
  const auto wanted = static_cast<std::size_t>(draft.models);
  if (models.size() < wanted) {
    return fail(
        ErrorCode::kInvalid,
        "{} models were asked for, and the {} series make {} that vary by {} or more, are silent "
        "in at most {} of their intervals and known in nine tenths: ask for fewer, or let "
        "steadier or more silent ones in",
        wanted, series.size(), models.size(), draft.variation_min, draft.silent_max);
  }
  models.resize(wanted);
  if (draft.rates) spread_rates(models, *draft.rates);
  DraftedScenario made;
  for (std::size_t k = 0; k < models.size(); ++k) {
    Series& trace = made.trace.emplace_back(std::move(models[k].series));
    trace.workload = fmt::format("m{}", k);
    trace.start = {};
  }
  made.busiest_hour_load = busiest_hour(made.trace, seconds(draft.service_mean));
  const double replicas =
      draft.replicas > 0 ? draft.replicas : std::round(draft.load_factor * made.busiest_hour_load);
  if (!(replicas <= kReplicasMax)) {
    return fail(ErrorCode::kInvalid,
                "a load of {:.4g} Erlang makes {:.4g} replicas, at most {} can be simulated: lower "
                "the rates, the service time or the capacity",
                made.busiest_hour_load, replicas, kReplicasMax);
  }
  made.replicas_asked = static_cast<int>(replicas);
  made.replicas = std::max(made.replicas_asked, draft.models);
  made.yaml = yaml_of(name, trace_file, made, draft);
  if (const auto read = parse_scenario(made.yaml, name + ".yaml", made.trace); !read) {
    return fail(ErrorCode::kInvalid,
                "no replay would take the scenario ({}): state another SLO, service time, cold "
                "start or interval, or take a longer trace",
                read.error().message);
  }
  return made;
}

}  // namespace starling
