#include "control/origins.h"

#include <cmath>

namespace starling {

void Origins::add(const std::string& cloud, double requests, TimePoint at) {
  if (!(requests > 0)) return;
  // A report that comes late weighs as one of now: it is seconds old at most.
  if (at > at_) {
    const double fading = std::exp2(-seconds(at - at_) / seconds(kHalfLife));
    for (auto& [name, weight] : weights_) weight *= fading;
    at_ = at;
  }
  weights_[cloud] += requests;
}

std::map<std::string, double> Origins::shares() const {
  double total = 0;
  for (const auto& [cloud, weight] : weights_) total += weight;
  std::map<std::string, double> shares;
  if (!(total > 1e-9)) return shares;
  for (const auto& [cloud, weight] : weights_) shares[cloud] = weight / total;
  return shares;
}

}  // namespace starling
