// Implements sim/equal_slo.h.
#include "sim/equal_slo.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace starling {
namespace {

constexpr int kSettings = 8;

/// What a setting brings, in the mean over its runs. Sizes and prices may differ: fewer
/// replica-hours are not always cheaper.
struct Brought {
  double attainment = 0;
  std::pair<double, double> paid;  // cost, replica-hours
};

Brought brought_by(const ReplayRuns& runs) {
  Brought sum;
  const auto share = 1 / static_cast<double>(runs.size());
  for (const ReplayOutcome& run : runs) {
    sum.attainment += share * run.slo_attainment;
    sum.paid.first += share * run.cost;
    sum.paid.second += share * run.replica_hours;
  }
  return sum;
}

/// Who attains it for less, or comes nearer to it.
bool better(const Brought& a, const Brought& b, double attainment) {
  const bool a_attains = a.attainment >= attainment, b_attains = b.attainment >= attainment;
  if (a_attains != b_attains) return a_attains;
  return a_attains ? a.paid < b.paid : a.attainment > b.attainment;
}

}  // namespace

double mean_attainment(const ReplayRuns& runs) { return brought_by(runs).attainment; }

Result<EqualSlo> replay_at_equal_slo(const Scenario& scenario, const std::string& policy,
                                     double attainment, const Forecaster* forecaster,
                                     std::uint64_t first_seed, int seeds, PolicyOptions options,
                                     const std::function<void(double share)>& progress) {
  const Knob* knob = knob_of(policy);
  if (knob == nullptr) {
    return fail(ErrorCode::kInvalid, "policy '{}' has no knob to tune; those that have: {}", policy,
                fmt::join(policies_with_knobs(), ", "));
  }
  double safe = knob->safest, cheap = knob->cheapest;
  // Where capacity is short, who always wants more need not be who serves best: then all of the
  // range is looked at.
  bool halving = true;
  std::optional<EqualSlo> best;
  for (int setting = 0; setting < kSettings; ++setting) {
    const double value = setting == 0 ? safe
                         : halving    ? (safe + cheap) / 2
                                      : safe + (cheap - safe) * setting / (kSettings - 1);
    knob->set(options, value);
    EqualSlo found{value, {}};
    for (int i = 0; i < seeds; ++i) {
      auto outcome = replay(scenario, policy, forecaster,
                            first_seed + static_cast<std::uint64_t>(i), {}, options);
      if (!outcome) return fail(outcome.error());
      outcome->policy = fmt::format("{}@{:.3g}", policy, value);
      found.runs.push_back(std::move(*outcome));
      if (progress) progress((setting * seeds + i + 1) / static_cast<double>(kSettings * seeds));
    }
    const Brought brought = brought_by(found.runs);
    const bool attains = brought.attainment >= attainment;
    if (setting == 0) {
      halving = attains;
    } else if (halving) {
      (attains ? safe : cheap) = value;
    }
    if (!best || better(brought, brought_by(best->runs), attainment)) best = std::move(found);
  }
  return std::move(*best);
}

}  // namespace starling
