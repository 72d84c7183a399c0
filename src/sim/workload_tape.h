// A workload made ready for learning: its demand, and what would have been foreseen of it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/rng.h"
#include "policy/learned/features.h"
#include "policy/market/miss_curve.h"

namespace starling {

/// A workload and the service, limits and prices that it plays under.
struct TapeSpec {
  DecisionSetting setting;
  double release_s = 30;  // for so long a stopped replica still holds its capacity
  int replicas_max = 64;
  bool forecast = true;       // false: the outlook is the present rate with a margin
  std::vector<double> rates;  // mean requests a second in each interval
  double cores = 1;           // of a replica, where setting.cpu_share says that sizes are decided
  double memory_share = 0.5;  // of a replica's price, which more CPU does not raise
};

/// What happens whatever a policy does: arrivals, and the outlook that PredictivePolicy would have
/// had at every decision. Computed once and shared by all copies of an environment that play it.
class WorkloadTape {
 public:
  /// Arrivals are drawn as a Poisson process of the rates.
  WorkloadTape(TapeSpec spec, Rng rng);

  const TapeSpec& spec() const { return spec_; }
  /// Ticks, one a decision.
  int size() const { return static_cast<int>(arrivals_.size()); }
  /// Requests that come in the tick.
  double arrivals(int tick) const { return arrivals_[static_cast<std::size_t>(tick)]; }
  /// Requests a second that the outlook's window stays below with the probability of this logit.
  double outlook(int tick, double logit) const;
  /// The replicas that PredictivePolicy would have wished for with this headroom.
  int worth(int tick, double headroom) const;
  /// The fewest that it would have wished for while more was missed than the SLO allows.
  int enough(int tick) const { return enough_[static_cast<std::size_t>(tick)]; }
  /// The fewest replicas that meet the SLO at a rate, by the queueing model; at most replicas_max.
  int needed(double rate) const;
  /// Of replicas with so many steps more of CPU (sizing/cpu_steps.h), where sizes are decided.
  const MissCurve& curve(int steps = 0) const { return sized(steps).curve; }
  /// Of such a replica, over one of the decided size.
  double price(int steps) const { return sized(steps).price; }
  /// Cores of such a replica.
  double cores(int steps) const { return sized(steps).cores; }
  /// CPU seconds of a request.
  double cpu_s() const;
  /// From a decision to the end of the window that its outlook is of.
  double reach_s() const { return reach_s_; }
  /// Means over the tape: needed() replicas, and requests a tick.
  double mean_needed() const { return mean_needed_; }
  double mean_arrivals() const { return mean_arrivals_; }

 private:
  static constexpr int kLevels = 17;
  static constexpr double kLogitMin = 0, kLogitMax = 5.3;  // 0.5 … 0.995

  static constexpr int kHeadrooms = 21;
  static constexpr double kHeadroomMin = -5, kHeadroomMax = 5;
  using Choices = std::array<std::int16_t, kHeadrooms>;

  struct Sized {
    MissCurve curve;
    double price = 1;
    double cores = 1;
  };

  Choices choices(const DemandOutlook& outlook, const std::vector<double>& prices) const;
  int enough_by(const DemandOutlook& outlook, int usual) const;
  Sized sized_by(int steps) const;
  const Sized& sized(int steps) const {
    return sized_[static_cast<std::size_t>(steps + static_cast<int>(sized_.size() / 2))];
  }

  TapeSpec spec_;
  std::vector<float> arrivals_;
  std::vector<std::array<float, kLevels>> outlooks_;
  std::vector<Choices> choices_;
  std::vector<std::int16_t> enough_;
  std::vector<double> served_;  // [c]: the highest rate that c replicas serve within the SLO
  std::vector<Sized> sized_;    // by steps, none in the middle; that alone if no size is decided
  double reach_s_ = 0;
  double mean_needed_ = 0, mean_arrivals_ = 0;
};

}  // namespace starling
