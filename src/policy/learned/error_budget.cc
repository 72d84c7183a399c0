// Implements policy/learned/error_budget.h.
#include "policy/learned/error_budget.h"

#include <algorithm>

namespace starling {

void ErrorBudget::observe(double arrival_rate, double missed_rate, double slo_percentile,
                          Duration interval) {
  constexpr double kMemoryS = 4 * 3600;
  constexpr double kSavedMaxS = 2 * 3600;  // of allowance
  const double dt = seconds(interval);
  const double allowed = arrival_rate * (1 - slo_percentile / 100);
  seen_s_ = std::min(kMemoryS, seen_s_ + dt);
  if (seen_s_ > 0) allowance_ += (allowed - allowance_) * dt / seen_s_;
  saved_ += (allowed - missed_rate) * dt;
  saved_ = std::clamp(saved_, 0.0, allowance_ * kSavedMaxS);
}

double ErrorBudget::hours_saved() const { return allowance_ > 0 ? saved_ / allowance_ / 3600 : 0; }

}  // namespace starling
