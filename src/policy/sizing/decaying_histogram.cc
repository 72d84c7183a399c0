#include "policy/sizing/decaying_histogram.h"

#include <algorithm>
#include <cmath>

namespace starling {
namespace {

constexpr double kHalvingsMax = 50;    // between rebasings: 2^50 leaves a double's precision whole
constexpr double kNegligible = 1e-12;  // of all weight

}  // namespace

DecayingHistogram::DecayingHistogram(HistogramShape shape, Duration half_life)
    : shape_(shape), half_life_(std::max(half_life, Duration{1})) {
  weights_.resize(bucket_of(shape_.largest) + 1, 0);
}

/// Bucket n ≥ 1 ends at first · (growth^n − 1) / (growth − 1).
double DecayingHistogram::upper_edge(std::size_t bucket) const {
  if (bucket == 0) return 0;
  const double n = static_cast<double>(bucket);
  return shape_.first * (std::pow(shape_.growth, n) - 1) / (shape_.growth - 1);
}

std::size_t DecayingHistogram::bucket_of(double value) const {
  if (value <= 0) return 0;
  const double capped = std::min(value, shape_.largest);
  const double n =
      std::log1p(capped * (shape_.growth - 1) / shape_.first) / std::log(shape_.growth);
  auto bucket = static_cast<std::size_t>(std::max(1.0, std::ceil(n)));
  if (upper_edge(bucket) < capped) ++bucket;  // the logarithm was rounded down
  return bucket;
}

/// What a sample of `time` weighs at the reference.
double DecayingHistogram::factor(TimePoint time) const {
  return std::exp2(seconds(time - reference_) / seconds(half_life_));
}

void DecayingHistogram::rebase(TimePoint time) {
  const double shrink = 1 / factor(time);
  total_ = 0;
  for (double& weight : weights_) total_ += weight *= shrink;
  reference_ = time;
}

DecayingHistogram::State DecayingHistogram::state(TimePoint reference) const {
  State state{weights_, reference};
  const double shrink = 1 / factor(reference);
  for (double& weight : state.weights) weight *= shrink;
  while (!state.weights.empty() && state.weights.back() <= 0) state.weights.pop_back();
  return state;
}

void DecayingHistogram::restore(const State& state) {
  std::fill(weights_.begin(), weights_.end(), 0);
  total_ = 0;
  reference_ = state.reference;
  for (std::size_t i = 0; i < std::min(weights_.size(), state.weights.size()); ++i) {
    if (!(state.weights[i] > 0) || std::isinf(state.weights[i])) continue;
    total_ += weights_[i] = state.weights[i];
  }
}

bool DecayingHistogram::add(double value, double weight, TimePoint time) {
  if (!(value >= 0) || !(weight >= 0) || std::isinf(weight)) return false;
  if (empty()) reference_ = time;
  if (seconds(time - reference_) > kHalvingsMax * seconds(half_life_)) rebase(time);
  const double weighed = weight * factor(time);
  weights_[std::min(bucket_of(value), weights_.size() - 1)] += weighed;
  total_ += weighed;
  return true;
}

double DecayingHistogram::quantile(double q) const {
  if (empty()) return 0;
  const double wanted = std::clamp(q, 0.0, 1.0) * total_;
  double reached = 0;
  std::size_t last = 0;
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    if (weights_[i] <= 0) continue;
    last = i;
    reached += weights_[i];
    if (reached >= wanted * (1 - kNegligible)) break;
  }
  return upper_edge(last);
}

double DecayingHistogram::weight(TimePoint time) const {
  return empty() ? 0 : total_ / factor(time);
}

}  // namespace starling
