// Counts by the buckets of base/latency_histogram.h: of one group while it grows, of many at rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace starling::history {

/// The buckets of one group, from the first to the last that is not empty.
struct BucketView {
  int first = 0;
  std::span<const std::uint64_t> counts;

  /// In milliseconds, within 1 % of the exact one; NaN without any count.
  double quantile_ms(double q) const;
};

/// One group's, to add to.
struct BucketCounts {
  int first = 0;
  std::vector<std::uint64_t> counts;

  void add(int bucket, std::uint64_t count);
  void merge(const BucketView& other);
  BucketView view() const { return {first, counts}; }
};

/// Many groups' one after the other in one block of memory, so that a column of thousands is read,
/// merged and dropped in a few steps.
class BucketColumn {
 public:
  BucketColumn() = default;
  explicit BucketColumn(const std::vector<BucketCounts>& groups);

  std::size_t size() const { return groups_.size(); }
  bool empty() const { return groups_.empty(); }
  /// Buckets of all groups together.
  std::size_t buckets() const { return counts_.size(); }
  BucketView operator[](std::size_t group) const {
    return {groups_[group].first,
            std::span(counts_).subspan(groups_[group].begin, groups_[group].size)};
  }
  void reserve(std::size_t groups, std::size_t buckets);
  /// Adds a group with `size` empty buckets from `first` on; they may be written to until the next
  /// one is added.
  std::span<std::uint64_t> append(int first, std::size_t size);

 private:
  struct Group {
    int first;
    std::size_t begin, size;
  };
  std::vector<Group> groups_;
  std::vector<std::uint64_t> counts_;
};

}  // namespace starling::history
