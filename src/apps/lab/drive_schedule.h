// When an open-loop driver intends to send each request: Poisson arrivals at a trace's rate.
#pragma once

#include <limits>
#include <vector>

#include "base/rng.h"
#include "trace/series.h"

namespace starling::lab {

/// Request rates of one model over real time: rate_per_s[i] holds for [i·step_s, (i+1)·step_s).
struct RatePlan {
  double step_s = 1;
  std::vector<double> rate_per_s;
};

/// The trace's rate, times `scale`, with its time passing `speed` times faster: the rate is kept,
/// not the number of requests. An unknown point repeats the last known one (the first known one
/// before it).
RatePlan plan_rates(const Series& series, double speed, double scale);

/// Intended send times in seconds from the start, one after the other.
class PoissonSchedule {
 public:
  PoissonSchedule(RatePlan plan, Rng rng) : plan_(std::move(plan)), rng_(rng) { advance(); }

  double next() const { return next_s_; }  // infinite after the plan's end
  void advance();

 private:
  RatePlan plan_;
  Rng rng_;
  std::size_t index_ = 0;
  double next_s_ = 0;
};

}  // namespace starling::lab
