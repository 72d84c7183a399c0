// The instants at which one model's requests arrive, interval by interval of its trace.
#pragma once

#include <vector>

#include "base/rng.h"
#include "sim/distribution.h"
#include "sim/scenario.h"

namespace starling {

/// Turns counts into instants in seconds from the trace's start, sorted. The law is the scenario's
/// `arrivals`. The same seed gives the same instants whatever the policy does.
class ArrivalStream {
 public:
  /// `demand` is requests in each interval; `scv` is of bursty arrivals' gaps.
  ArrivalStream(Arrivals law, std::vector<double> demand, Duration interval, Rng rng,
                double scv = 1);

  /// Appends the next interval's arrivals; after the last interval what ran over the end. False
  /// when there is no more to come.
  bool next(std::vector<double>& arrivals);
  /// Everything up to here has been handed out.
  double covered_s() const { return static_cast<double>(index_) * interval_s_; }

 private:
  void add_bursty(double begin, double demand, std::vector<double>& arrivals);
  std::int64_t whole_count();

  Arrivals law_;
  std::vector<double> demand_;
  double interval_s_;
  Rng rng_;
  double scv_;
  double due_ = 0;            // bursty: demand until the next arrival
  Sampler gap_;               // Exp(1)
  std::size_t index_ = 0;     // the interval that comes next
  double cumulated_ = 0;      // demand so far: fractions are kept, not rounded away
  std::vector<double> over_;  // arrivals beyond the interval that they belong to
};

}  // namespace starling
