// How much of what an SLO allows to miss is still unspent.
#pragma once

#include "base/clock.h"

namespace starling {

struct ErrorBudgetOptions {
  Duration saved_max{std::chrono::hours(2)};  // of allowance: what is not spent by then is forfeit
  double spend = 1.0;                         // logits of headroom given up per hour of allowance
};

/// An account in requests: each one that arrives may, by 1 − SLO percentile, miss; each that misses
/// is paid for. It never owes: a burst that nobody could foresee is not made up for by paying more
/// for ever after. (Error budgets: Beyer et al., Site Reliability Engineering, ch. 3.)
class ErrorBudget {
 public:
  explicit ErrorBudget(ErrorBudgetOptions options = {}) : options_(options) {}

  void observe(double arrival_rate, double missed_rate, double slo_percentile, Duration interval);
  /// The headroom to do without while there is a surplus, in logits of the demand's quantile: 0 or
  /// less.
  double headroom() const;
  /// The surplus in hours of the allowance at the mean load so far.
  double hours_saved() const;

 private:
  ErrorBudgetOptions options_;
  double saved_ = 0;      // requests
  double allowance_ = 0;  // requests a second, averaged over the last hours
  double seen_s_ = 0;
};

}  // namespace starling
