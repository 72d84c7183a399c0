// Implements policy/ppo/constraint_prices.h.
#include "policy/ppo/constraint_prices.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace starling::ppo {
namespace {

constexpr double kLogMin = -5, kLogMax = 3;
constexpr double kViolationMax = 3;  // a burst that nobody could serve must not set the price alone

}  // namespace

ConstraintPrices::ConstraintPrices(int workloads, const ConstraintPriceOptions& options)
    : options_(options),
      integrals_(static_cast<std::size_t>(workloads), std::log(options.first)),
      means_(static_cast<std::size_t>(workloads), 1) {}

double ConstraintPrices::at(int workload) const {
  const auto i = static_cast<std::size_t>(workload);
  const double violation = std::clamp(means_[i] - 1, -1.0, kViolationMax);
  return std::exp(std::clamp(integrals_[i] + options_.proportional * violation, kLogMin, kLogMax));
}

void ConstraintPrices::observe(std::span<const std::int32_t> workloads,
                               std::span<const float> missed) {
  std::vector<double> sums(means_.size()), counts(means_.size());
  for (std::size_t step = 0; step < workloads.size(); ++step) {
    const auto i = static_cast<std::size_t>(workloads[step]);
    sums[i] += missed[step];
    counts[i] += 1;
  }
  for (std::size_t i = 0; i < means_.size(); ++i) {
    if (counts[i] == 0) continue;
    const double episodes = counts[i] / options_.episode;
    means_[i] += (sums[i] / counts[i] - means_[i]) * (1 - std::exp(-episodes));
    const double violation = std::clamp(means_[i] - 1, -1.0, kViolationMax);
    integrals_[i] =
        std::clamp(integrals_[i] + options_.integral * episodes * violation, kLogMin, kLogMax);
  }
}

double ConstraintPrices::mean() const {
  double logs = 0;
  for (int i = 0; i < static_cast<int>(means_.size()); ++i) logs += std::log(at(i));
  return std::exp(logs / static_cast<double>(means_.size()));
}

bool ConstraintPrices::restore(std::vector<double> integrals, std::vector<double> means) {
  if (integrals.size() != integrals_.size() || means.size() != means_.size()) return false;
  integrals_ = std::move(integrals);
  means_ = std::move(means);
  return true;
}

}  // namespace starling::ppo
