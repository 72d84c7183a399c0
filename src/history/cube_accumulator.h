// Collects partial aggregates of the same keys, group by group: what merging and rolling up share.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "history/cube_partial.h"
#include "history/group_index.h"

namespace starling::history {

/// Groups with the same keys become one: sums add, histograms add, registers take the maximum.
class CubeAccumulator {
 public:
  /// What becomes of two spans of time in one group.
  enum class Spans {
    kBeside,  // the same time seen by several: the longest
    kAfter,   // one after the other: they add
  };
  explicit CubeAccumulator(Spans spans) : spans_(spans) {}

  /// Takes in the partial by its keys with kept[i]; each time as many of the same dimensions.
  void add(const CubePartial& partial, const std::vector<bool>& kept);
  std::size_t groups() const { return result_.groups; }
  /// Latency buckets of all groups together.
  std::size_t buckets() const { return buckets_; }
  /// What was collected; the accumulator is of no use afterwards.
  CubePartial take();

 private:
  std::vector<std::uint32_t> translate(const KeyColumn& column, std::size_t into);
  std::vector<std::uint32_t> place_groups(const CubePartial& partial,
                                          const std::vector<bool>& kept);
  void add_sums(const std::string& name, const std::vector<double>& values,
                const std::vector<std::uint32_t>& group_of);

  const Spans spans_;
  CubePartial result_;
  std::vector<std::map<Key, std::uint32_t>> dictionaries_;  // by key: its values' codes
  std::optional<GroupIndex> groups_;                        // once the keys are known
  std::vector<BucketCounts> latency_;                       // by group
  std::size_t buckets_ = 0;
};

}  // namespace starling::history
