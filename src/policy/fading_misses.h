// How much a model missed of late.
#pragma once

#include "base/clock.h"

namespace starling {

/// The share of a model's requests that missed: each counts by a factor e less every `fading`.
class FadingMisses {
 public:
  explicit FadingMisses(Duration fading) : fading_s_(seconds(fading)) {}

  void observe(double arrived, double missed, double interval_s) {
    const double keep = interval_s < fading_s_ ? 1 - interval_s / fading_s_ : 0;
    arrived_ = keep * arrived_ + arrived;
    missed_ = keep * missed_ + missed;
  }
  double share() const { return arrived_ > 0 ? missed_ / arrived_ : 0; }

 private:
  double fading_s_;
  double arrived_ = 0, missed_ = 0;  // requests
};

}  // namespace starling
