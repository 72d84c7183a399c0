// How much of what an SLO allows to miss is still unspent.
#pragma once

#include "base/clock.h"

namespace starling {

/// An account in requests: each one that arrives may, by 1 − SLO percentile, miss; each that misses
/// is paid for. It never owes, and what is not spent within two hours is forfeit. (Error budgets:
/// Beyer et al., Site Reliability Engineering, ch. 3.)
class ErrorBudget {
 public:
  void observe(double arrival_rate, double missed_rate, double slo_percentile, Duration interval);
  /// The surplus in hours of the allowance at the mean load so far.
  double hours_saved() const;

 private:
  double saved_ = 0;      // requests
  double allowance_ = 0;  // requests a second, averaged over the last hours
  double seen_s_ = 0;
};

}  // namespace starling
