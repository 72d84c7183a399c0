// A mergeable histogram of latencies with a bounded relative error.
#pragma once

#include <cstdint>
#include <vector>

namespace starling {

/// Logarithmic buckets (DDSketch, Masson et al. 2019): every quantile is within 1 % of the exact
/// one for values from 1 µs to 1 h; smaller and larger values count as these bounds. Merging is
/// exact.
class LatencyHistogram {
 public:
  static constexpr double kRelativeError = 0.01;

  void add(double seconds, std::uint64_t count = 1);
  void merge(const LatencyHistogram& other);

  std::uint64_t count() const { return count_; }
  double sum() const { return sum_; }
  double mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }
  /// The value below which a share `q` (0 … 1) of the samples lies, in seconds; 0 when empty.
  double quantile(double q) const;
  /// How many samples are at most `seconds`, exact but for the bucket that holds `seconds`.
  std::uint64_t count_up_to(double seconds) const;

  /// Bucket counts from bucket `first()` on; with `from_buckets` the form that travels and is
  /// stored.
  int first() const { return first_; }
  const std::vector<std::uint64_t>& buckets() const { return buckets_; }
  static LatencyHistogram from_buckets(int first, std::vector<std::uint64_t> buckets, double sum);

 private:
  void reserve_bucket(int index);

  int first_ = 0;
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  double sum_ = 0;
};

}  // namespace starling
