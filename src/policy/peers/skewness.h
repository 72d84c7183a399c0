// Hot and cold spots of a load that "fast up, slow down" smoothing predicts.
#pragma once

#include <deque>

#include "policy/peers/time_window.h"
#include "policy/policy.h"

namespace starling {

struct SkewnessOptions {
  double hot = 0.9;    // utilisation above which a server is a hot spot
  double cold = 0.25;  // below which it is a cold spot
  double warm = 0.65;  // that servers may come to when they take over a cold spot's load
  double alpha_up = -0.2;
  double alpha_down = 0.7;
  Duration measure{60s};    // between measurements, and of each
  std::size_t window = 8;   // measurements …
  double percentile = 0.9;  // … of which this is the observed load
};

/// Xiao, Song & Chen, "Dynamic resource allocation using virtual machines for cloud computing
/// environment", IEEE TPDS 24(6), 2013. The paper's: load is measured every minute; O is a high
/// percentile of the last W measurements; the prediction is E ← αE + (1 − α)O with α = −0.2 while
/// load rises above it (it overshoots) and 0.7 while it falls (it lingers); hot spots are relieved,
/// and while the system is idle enough cold spots are emptied and put to sleep if those that take
/// over stay below the warm threshold; the thresholds.
///
/// Our reading: a model's replicas are its servers. They share its load evenly, so all are hot or
/// cold together: one replica is started where the predicted load per replica is hot, one stopped
/// where it is cold (which is below the paper's threshold of 0.4 for an idle system). Load is the
/// busy replicas while any is ready. One change a measurement; the last replica goes only when
/// nothing was measured busy, and from zero the first comes with the first request. The skewness of
/// a server's several resources, which ranks placements in the paper, is zero of one resource.
class SkewnessPolicy final : public Policy {
 public:
  explicit SkewnessPolicy(SkewnessOptions options = {})
      : options_(options), minute_(options.measure) {}

  std::string name() const override { return "skewness"; }
  Allocation decide(const Observation& observation, const Objective& objective) override;

 private:
  void predict(double measured);

  SkewnessOptions options_;
  TimeWindow minute_;
  std::optional<TimePoint> measured_;  // the last measurement, or the first moment of load
  std::deque<double> loads_;
  std::optional<double> predicted_;  // busy replicas
  std::optional<int> target_;
};

}  // namespace starling
