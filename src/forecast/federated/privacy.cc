// Implements forecast/federated/privacy.h.
#include "forecast/federated/privacy.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace starling::federated {
namespace {

double ln_choose(int n, int k) {
  return std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0);
}

}  // namespace

double renyi_divergence(double rate, double noise, int order) {
  assert(rate >= 0 && rate <= 1 && noise > 0 && order >= 2);
  if (rate == 0) return 0;
  if (rate == 1) return order / (2 * noise * noise);
  std::vector<double> logs;
  for (int k = 0; k <= order; ++k) {
    logs.push_back(ln_choose(order, k) + (order - k) * std::log1p(-rate) + k * std::log(rate) +
                   k * (k - 1.0) / (2 * noise * noise));
  }
  const double largest = *std::max_element(logs.begin(), logs.end());
  double sum = 0;
  for (const double one : logs) sum += std::exp(one - largest);
  return std::max(0.0, largest + std::log(sum)) / (order - 1);
}

PrivacyAccountant::PrivacyAccountant() {
  for (int order = 2; order <= 64; ++order) orders_.push_back(order);
  for (const int order : {80, 96, 128, 192, 256, 384, 512}) orders_.push_back(order);
  spent_.assign(orders_.size(), 0.0);
}

void PrivacyAccountant::add(double rate, double noise, std::int64_t steps) {
  for (std::size_t i = 0; i < orders_.size(); ++i) {
    spent_[i] += static_cast<double>(steps) * renyi_divergence(rate, noise, orders_[i]);
  }
}

double PrivacyAccountant::epsilon(double delta) const {
  if (spent_.front() == 0) return 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < orders_.size(); ++i) {
    least = std::min(least, spent_[i] + std::log(1 / delta) / (orders_[i] - 1));
  }
  return least;
}

}  // namespace starling::federated
