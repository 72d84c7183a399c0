// Implements sim/equal_slo.h.
#include "sim/equal_slo.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace starling {
namespace {

constexpr int kRuns = 8;

const std::map<std::string, Knob>& knobs() {
  static const std::map<std::string, Knob> all{
      {"hpa", {0.15, 0.95, [](PolicyOptions& o, double v) { o.hpa.metrics.front().target = v; }}},
      {"kpa", {0.15, 0.98, [](PolicyOptions& o, double v) { o.kpa.target_utilization = v; }}},
      {"ray-serve",
       {0.2, 8, [](PolicyOptions& o, double v) { o.ray_serve.target_ongoing_requests = v; }}},
      {"greedy", {0.15, 1, [](PolicyOptions& o, double v) { o.greedy.utilization = v; }}},
      {"skyserve", {0.1, 1, [](PolicyOptions& o, double v) { o.skyserve.utilization = v; }}},
      {"threshold",
       {0.1, 0.95,
        [](PolicyOptions& o, double v) {
          const ThresholdOptions usual;
          o.threshold.upper = v;
          o.threshold.lower = v * usual.lower / usual.upper;
        }}},
      {"skewness",
       {0.1, 0.95,
        [](PolicyOptions& o, double v) {
          const SkewnessOptions usual;
          o.skewness.hot = v;
          o.skewness.warm = v * usual.warm / usual.hot;
          o.skewness.cold = v * usual.cold / usual.hot;
        }}},
      {"aiad", {0.2, 3, [](PolicyOptions& o, double v) { o.aiad.slo_share = v; }}},
      {"predictive", {3, -5, [](PolicyOptions& o, double v) { o.predictive.headroom = v; }}},
      {"learned", {3, -5, [](PolicyOptions& o, double v) { o.predictive.headroom = v; }}},
  };
  return all;
}

/// Who attains it for less, or comes nearer to it. Sizes and prices may differ: fewer replica-hours
/// are not always cheaper.
bool better(const ReplayOutcome& a, const ReplayOutcome& b, double attainment) {
  const bool a_attains = a.slo_attainment >= attainment, b_attains = b.slo_attainment >= attainment;
  if (a_attains != b_attains) return a_attains;
  if (!a_attains) return a.slo_attainment > b.slo_attainment;
  return std::pair(a.cost, a.replica_hours) < std::pair(b.cost, b.replica_hours);
}

}  // namespace

const Knob* knob_of(const std::string& policy) {
  const auto found = knobs().find(policy);
  return found == knobs().end() ? nullptr : &found->second;
}

Result<EqualSlo> replay_at_equal_slo(const Scenario& scenario, const std::string& policy,
                                     double attainment, const Forecaster* forecaster,
                                     std::uint64_t seed, PolicyOptions options) {
  const Knob* knob = knob_of(policy);
  if (knob == nullptr) {
    std::vector<std::string> names;
    for (const auto& [name, unused] : knobs()) names.push_back(name);
    return fail(ErrorCode::kInvalid, "policy '{}' has no knob to tune; those that have: {}", policy,
                fmt::join(names, ", "));
  }
  double safe = knob->safest, cheap = knob->cheapest;
  // Where capacity is short, who always wants more need not be who serves best: then all of the
  // range is looked at.
  bool halving = true;
  std::optional<EqualSlo> best;
  for (int run = 0; run < kRuns; ++run) {
    const double value = run == 0  ? safe
                         : halving ? (safe + cheap) / 2
                                   : safe + (cheap - safe) * run / (kRuns - 1);
    knob->set(options, value);
    auto outcome = replay(scenario, policy, forecaster, seed, {}, options);
    if (!outcome) return fail(outcome.error());
    const bool attains = outcome->slo_attainment >= attainment;
    if (run == 0) {
      halving = attains;
    } else if (halving) {
      (attains ? safe : cheap) = value;
    }
    outcome->policy = fmt::format("{}@{:.3g}", policy, value);
    if (!best || better(*outcome, best->outcome, attainment)) {
      best = EqualSlo{value, std::move(*outcome)};
    }
  }
  return std::move(*best);
}

}  // namespace starling
