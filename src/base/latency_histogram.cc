#include "base/latency_histogram.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace starling {
namespace {

constexpr double kSmallest = 1e-6;
constexpr double kLargest = 3600;
constexpr double kGamma =
    (1 + LatencyHistogram::kRelativeError) / (1 - LatencyHistogram::kRelativeError);

/// Bucket i holds (kSmallest·γ^(i−1), kSmallest·γ^i].
int bucket_of(double seconds) {
  static const double inverse_log_gamma = 1 / std::log(kGamma);
  const double clamped = std::clamp(seconds, kSmallest, kLargest);
  return static_cast<int>(std::ceil(std::log(clamped / kSmallest) * inverse_log_gamma));
}

/// The point whose relative distance to both ends of the bucket is the same.
double value_of(int bucket) { return kSmallest * std::pow(kGamma, bucket) * 2 / (1 + kGamma); }

}  // namespace

void LatencyHistogram::reserve_bucket(int index) {
  if (buckets_.empty()) {
    first_ = index;
    buckets_.assign(1, 0);
  } else if (index < first_) {
    buckets_.insert(buckets_.begin(), static_cast<std::size_t>(first_ - index), 0);
    first_ = index;
  } else if (index >= first_ + static_cast<int>(buckets_.size())) {
    buckets_.resize(static_cast<std::size_t>(index - first_ + 1), 0);
  }
}

void LatencyHistogram::add(double seconds, std::uint64_t count) {
  if (count == 0 || std::isnan(seconds)) return;
  const int index = bucket_of(seconds);
  reserve_bucket(index);
  buckets_[static_cast<std::size_t>(index - first_)] += count;
  count_ += count;
  sum_ += std::clamp(seconds, 0.0, kLargest) * static_cast<double>(count);
}

void LatencyHistogram::merge(const LatencyHistogram& other) {
  if (other.count_ == 0) return;
  reserve_bucket(other.first_);
  reserve_bucket(other.first_ + static_cast<int>(other.buckets_.size()) - 1);
  for (std::size_t i = 0; i < other.buckets_.size(); ++i) {
    buckets_[static_cast<std::size_t>(other.first_ - first_) + i] += other.buckets_[i];
  }
  count_ += other.count_;
  sum_ += other.sum_;
}

double LatencyHistogram::quantile(double q) const {
  if (count_ == 0) return 0;
  const auto rank =
      static_cast<std::uint64_t>(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_ - 1));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen > rank) return value_of(first_ + static_cast<int>(i));
  }
  return value_of(first_ + static_cast<int>(buckets_.size()) - 1);
}

std::uint64_t LatencyHistogram::count_up_to(double seconds) const {
  const int last = bucket_of(seconds);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size() && first_ + static_cast<int>(i) <= last; ++i) {
    seen += buckets_[i];
  }
  return seen;
}

LatencyHistogram LatencyHistogram::from_buckets(int first, std::vector<std::uint64_t> buckets,
                                                double sum) {
  LatencyHistogram histogram;
  histogram.first_ = first;
  for (const auto n : buckets) histogram.count_ += n;
  histogram.buckets_ = std::move(buckets);
  histogram.sum_ = sum;
  return histogram;
}

}  // namespace starling
