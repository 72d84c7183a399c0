// The queueing decision: the replicas that are worth their price for what demand may be.
#pragma once

#include <deque>

#include "policy/fading_misses.h"
#include "policy/market/cheapest.h"
#include "policy/market/demand_outlook.h"
#include "policy/policy.h"
#include "policy/sizing/cpu_steps.h"

namespace starling {

/// How a decision departs from the queueing model's own. Zero changes nothing.
struct Correction {
  double headroom = 0;  // a replica's price is e^−headroom times as high: more than 0 is safer
  double hold = 0;      // the hold time is e^hold times as long
  int size = 0;         // so many steps more of CPU, where the size of replicas is decided
};

/// A lower wish waits for so much of the time to the end of the window. The guards' hold time comes
/// on top: together they are about that time, where decisions are short against a cold start.
constexpr double kWishHeld = 0.5;

/// Misses that are to be made up for count a factor e less after so long.
constexpr Duration kMadeUpOver = std::chrono::hours(2);

struct PredictiveOptions {
  /// Of the first forecasts' peak over cold start + one interval, until an outlook was learned.
  double first_quantile = 0.9;
  /// A replica's price is e^−headroom times as high, and so many misses more are not made up for:
  /// more than 0 is safer.
  double headroom = 0;
  double margin_unforecast = 1.3;  // times the current rate when there is no forecast
  /// Scale to zero once fewer requests than this are expected in `idle_window`, and none came in
  /// it.
  double idle_requests = 0.05;
  Duration idle_window{30s};
  int drain_intervals = 2;  // the present queue is to be gone within so many intervals (or the SLO)
};

/// Takes the number of replicas for which requests missed and the price of replicas are least, over
/// all that the outlook holds possible (cheapest_replicas). The price, in requests a second, is a
/// share of what a replica serves: ten times the share of requests that the SLO allows to miss.
/// While more was missed of late than the SLO allows, it plans for no more than that to be missed
/// over ordinary demand, up to the 0.9 quantile: at a few requests a second what pays may be too
/// little for the SLO. Until an outlook is learned it sizes for peak(now, now + cold start +
/// interval) of the forecast, and where the SLO is out of reach as the queueing model says. Never
/// below what the measured load needs to stay stable. A lower wish waits until no decision of half
/// the time to the end of the window asked for more. Guard notes of its own: "no-forecast",
/// "slo-unreachable", "error-budget", "current-load", "needed-later". Put it behind Guards.
class PredictivePolicy final : public Policy {
 public:
  explicit PredictivePolicy(PredictiveOptions options = {}) : options_(options) {}

  std::string name() const override { return "predictive"; }
  Allocation decide(const Observation& observation, const Objective& objective) override {
    observe(observation);
    return decide_observed(observation, objective, {});
  }
  /// `decide` in two steps, for a caller that corrects the decision by what was observed.
  void observe(const Observation& observation);
  Allocation decide_observed(const Observation& observation, const Objective& objective,
                             const Correction& correction);
  const DemandOutlook& outlook() const { return outlook_; }

 private:
  struct Plan {
    double rate = 0;
    std::string source;  // for people
  };
  struct Wish {
    TimePoint at;
    int replicas;
  };

  Plan plan_for(const Observation& observation, double level) const;
  void make_up(Allocation& allocation, const Objective& objective) const;
  int worth_having(const Observation& observation, const Objective& objective, double headroom);
  bool idle(const Observation& observation, const Plan& plan) const;
  /// Adds what was weighed, and the reason.
  void weigh(Allocation& allocation, const Plan& plan, bool by_outlook,
             const Observation& observation, const Objective& objective) const;
  void hold(Allocation& allocation, const Observation& observation, double scale);

  PredictiveOptions options_;
  DemandOutlook outlook_;
  FadingMisses misses_{kMadeUpOver};
  DemandOutlook::Rates rates_;      // as weighed last
  std::optional<MissCurve> curve_;  // of the service as measured last
  std::deque<Wish> wishes_;         // whose windows are still to come, oldest first
  std::optional<TimePoint> last_arrival_;
};

constexpr double kLevelMax = 0.995;  // the highest quantile of demand that is looked at

/// Requests a second that a replica must save to be worth having, as a share of what it serves.
double replica_price(double slo_percentile, double headroom);

/// What is planned for after more misses than `allowed`: enough for all but surges, as long as more
/// replicas help.
Allowance making_up(double allowed, double slo_percentile, const MissCurve& curve);

/// The quantile of demand that a percentile of requests asks for: beyond it a third of them miss.
double demand_level(double slo_percentile);

}  // namespace starling
