// The queueing decision: the fewest replicas that meet the SLO for what demand may be.
#pragma once

#include <deque>

#include "policy/error_budget.h"
#include "policy/market/demand_outlook.h"
#include "policy/policy.h"

namespace starling {

/// How a decision departs from the queueing model's own. Zero changes nothing.
struct Correction {
  double headroom = 0;  // added to the logit of the demand's quantile: more than 0 is safer
  double hold = 0;      // the hold time is e^hold times as long
};

struct PredictiveOptions {
  /// Of the first forecasts' peak over cold start + one interval, until an outlook was learned.
  double first_quantile = 0.9;
  double headroom = 0;  // logits that the demand's quantile is moved by: more than 0 is safer
  double margin_unforecast = 1.3;  // times the current rate when there is no forecast
  /// Scale to zero once fewer requests than this are expected in `idle_window`, and none came in
  /// it.
  double idle_requests = 0.05;
  Duration idle_window{30s};
  double level_min = 0.6;   // the lowest quantile that a surplus leads to
  int drain_intervals = 2;  // the present queue is to be gone within so many intervals (or the SLO)
};

/// Plans for the 1 − 3·(1 − SLO percentile) quantile of the outlook's demand: where demand exceeds
/// it, about a third of the requests miss; for less while the error budget has a surplus. Until an
/// outlook is learned it plans for peak(now, now + cold start + interval) of the forecast. A surge
/// beyond the plan is planned for as it is. Never below what the measured load needs to stay
/// stable. A lower wish waits until no decision whose window is still to come asked for more. Guard
/// notes of its own: "no-forecast", "slo-unreachable", "current-load", "needed-later". Put it
/// behind Guards.
class PredictivePolicy final : public Policy {
 public:
  explicit PredictivePolicy(PredictiveOptions options = {}) : options_(options) {}

  std::string name() const override { return "predictive"; }
  Allocation decide(const Observation& observation, const Objective& objective) override {
    observe(observation, objective);
    return decide_observed(observation, objective, {});
  }
  /// `decide` in two steps, for a caller that corrects the decision by what was observed.
  void observe(const Observation& observation, const Objective& objective);
  Allocation decide_observed(const Observation& observation, const Objective& objective,
                             const Correction& correction);
  const DemandOutlook& outlook() const { return outlook_; }
  const ErrorBudget& budget() const { return budget_; }

 private:
  struct Plan {
    double rate = 0;
    std::string source;  // for people
  };
  struct Wish {
    TimePoint at;
    int replicas;
  };

  double level(double slo_percentile, double headroom) const;
  Plan plan_for(const Observation& observation, double level) const;
  bool idle(const Observation& observation, const Plan& plan) const;
  /// Adds what was weighed, and the reason.
  void weigh(Allocation& allocation, const Plan& plan, const Observation& observation,
             const Objective& objective) const;
  void hold(Allocation& allocation, const Observation& observation, double scale);

  PredictiveOptions options_;
  DemandOutlook outlook_;
  ErrorBudget budget_;
  std::deque<Wish> wishes_;  // whose windows are still to come, oldest first
  std::optional<TimePoint> last_arrival_;
};

constexpr double kLevelMax = 0.995;  // the highest quantile of demand that is planned for

/// Whether more arrives than was planned for, beyond chance.
bool is_surge(double arrival_rate, double planned_rate, Duration interval);

/// The quantile of demand that a percentile of requests asks for, moved by `headroom` in logits.
double demand_level(double slo_percentile, double headroom);

}  // namespace starling
