// Implements policy/ppo/lagrange_multipliers.h.
#include "policy/ppo/lagrange_multipliers.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace starling::ppo {
namespace {

/// Bounds of ln λ: a constraint that no policy can meet, or none could break, does not wind λ up so
/// far that it takes for ever to come back.
constexpr double kLogMultiplierMin = -5, kLogMultiplierMax = 3;
constexpr double kViolationMax = 3;  // a burst that nobody could serve must not set λ alone

double bounded_log(double log_multiplier) {
  return std::clamp(log_multiplier, kLogMultiplierMin, kLogMultiplierMax);
}

/// What was missed beyond the allowance, which is 1; at least −1, where nothing was missed.
double violation_of(double mean_missed) { return std::clamp(mean_missed - 1, -1.0, kViolationMax); }

}  // namespace

LagrangeMultipliers::LagrangeMultipliers(int workloads, const LagrangeOptions& options)
    : options_(options),
      integrals_(static_cast<std::size_t>(workloads), std::log(options.initial)),
      mean_missed_(static_cast<std::size_t>(workloads), 1) {}

double LagrangeMultipliers::at(int workload) const {
  const auto i = static_cast<std::size_t>(workload);
  return std::exp(
      bounded_log(integrals_[i] + options_.proportional_gain * violation_of(mean_missed_[i])));
}

void LagrangeMultipliers::observe(std::span<const std::int32_t> workloads,
                                  std::span<const float> missed) {
  std::vector<double> sums(mean_missed_.size()), counts(mean_missed_.size());
  for (std::size_t step = 0; step < workloads.size(); ++step) {
    const auto i = static_cast<std::size_t>(workloads[step]);
    sums[i] += missed[step];
    counts[i] += 1;
  }
  for (std::size_t i = 0; i < mean_missed_.size(); ++i) {
    if (counts[i] == 0) continue;
    const double episodes = counts[i] / options_.episode_steps;
    mean_missed_[i] += (sums[i] / counts[i] - mean_missed_[i]) * (1 - std::exp(-episodes));
    integrals_[i] = bounded_log(integrals_[i] +
                                options_.integral_gain * episodes * violation_of(mean_missed_[i]));
  }
}

double LagrangeMultipliers::geometric_mean() const {
  double logs = 0;
  for (int i = 0; i < static_cast<int>(mean_missed_.size()); ++i) logs += std::log(at(i));
  return std::exp(logs / static_cast<double>(mean_missed_.size()));
}

bool LagrangeMultipliers::restore(std::vector<double> integrals, std::vector<double> mean_missed) {
  if (integrals.size() != integrals_.size() || mean_missed.size() != mean_missed_.size()) {
    return false;
  }
  integrals_ = std::move(integrals);
  mean_missed_ = std::move(mean_missed);
  return true;
}

}  // namespace starling::ppo
