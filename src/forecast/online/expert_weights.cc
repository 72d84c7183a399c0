// Implements forecast/online/expert_weights.h.
#include "forecast/online/expert_weights.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace starling {

ExpertWeights::ExpertWeights(std::vector<double> prior, const ExpertWeightOptions& options)
    : options_(options), prior_(std::move(prior)) {
  assert(!prior_.empty() && options.rate > 0 && options.share >= 0 && options.share < 1);
  const double sum = std::accumulate(prior_.begin(), prior_.end(), 0.0);
  for (double& p : prior_) {
    assert(p > 0);
    p /= sum;
  }
  weights_ = prior_;
}

std::vector<double> ExpertWeights::shares(std::span<const std::uint8_t> speaks) const {
  assert(speaks.size() == weights_.size());
  std::vector<double> shares(weights_.size(), 0.0);
  double sum = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) sum += speaks[i] ? weights_[i] : 0;
  if (sum <= 0) return shares;
  for (std::size_t i = 0; i < shares.size(); ++i) shares[i] = speaks[i] ? weights_[i] / sum : 0;
  return shares;
}

void ExpertWeights::update(std::span<const double> losses, std::span<const std::uint8_t> spoke) {
  assert(losses.size() == weights_.size() && spoke.size() == weights_.size());
  std::vector<double> next = weights_;
  double before = 0;
  double after = 0;
  for (std::size_t i = 0; i < next.size(); ++i) {
    if (!spoke[i]) continue;
    before += next[i];
    next[i] *= std::exp(-options_.rate * std::clamp(losses[i], 0.0, 1.0));
    after += next[i];
  }
  for (std::size_t i = 0; i < next.size(); ++i) {
    const double kept = spoke[i] ? next[i] * before / after : next[i];
    weights_[i] = (1 - options_.share) * kept + options_.share * prior_[i];
  }
}

double ExpertWeights::regret_bound(std::size_t expert, std::int64_t rounds,
                                   std::int64_t spoken) const {
  const double kept =
      static_cast<double>(std::max<std::int64_t>(0, rounds - 1)) * -std::log1p(-options_.share);
  return (-std::log(prior_[expert]) + kept) / options_.rate +
         options_.rate * static_cast<double>(spoken) / 8;
}

Quantiles vincentised(std::span<const Quantiles* const> experts, std::span<const double> shares) {
  Quantiles mean{};
  for (std::size_t i = 0; i < experts.size(); ++i) {
    if (shares[i] <= 0) continue;
    for (std::size_t q = 0; q < mean.size(); ++q) mean[q] += shares[i] * (*experts[i])[q];
  }
  return mean;
}

}  // namespace starling
