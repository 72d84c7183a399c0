#include "history/bucket_counts.h"

#include <algorithm>
#include <limits>

#include "base/latency_histogram.h"

namespace starling::history {

double BucketView::quantile_ms(double q) const {
  const auto histogram =
      LatencyHistogram::from_buckets(first, {counts.begin(), counts.end()}, /*sum=*/0);
  return histogram.count() == 0 ? std::numeric_limits<double>::quiet_NaN()
                                : histogram.quantile(q) * 1000;
}

void BucketCounts::add(int bucket, std::uint64_t count) {
  if (counts.empty()) first = bucket;
  if (bucket < first) {
    counts.insert(counts.begin(), static_cast<std::size_t>(first - bucket), 0);
    first = bucket;
  }
  const auto at = static_cast<std::size_t>(bucket - first);
  if (at >= counts.size()) counts.resize(at + 1, 0);
  counts[at] += count;
}

void BucketCounts::merge(const BucketView& other) {
  if (other.counts.empty()) return;
  add(other.first, 0);
  add(other.first + static_cast<int>(other.counts.size()) - 1, 0);
  std::uint64_t* into = counts.data() + (other.first - first);
  for (std::size_t i = 0; i < other.counts.size(); ++i) into[i] += other.counts[i];
}

BucketColumn::BucketColumn(const std::vector<BucketCounts>& groups) {
  std::size_t buckets = 0;
  for (const BucketCounts& group : groups) buckets += group.counts.size();
  reserve(groups.size(), buckets);
  for (const BucketCounts& group : groups) {
    std::copy(group.counts.begin(), group.counts.end(),
              append(group.first, group.counts.size()).begin());
  }
}

void BucketColumn::reserve(std::size_t groups, std::size_t buckets) {
  groups_.reserve(groups);
  counts_.reserve(buckets);
}

std::span<std::uint64_t> BucketColumn::append(int first, std::size_t size) {
  const std::size_t begin = counts_.size();
  groups_.push_back({first, begin, size});
  counts_.resize(begin + size);
  return std::span(counts_).subspan(begin, size);
}

}  // namespace starling::history
