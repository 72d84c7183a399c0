// What a node sends of a cube: partial aggregates as columns, by group. Raw rows never travel.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "history/bucket_counts.h"
#include "history/cube.h"

namespace starling::history {

/// How large a partial, and what is merged of them, may become.
struct CubeLimits {
  std::size_t groups_max = 50'000;
  std::size_t buckets_max = 8'000'000;  // of all latency histograms together
  Duration time_max{1500ms};
};

/// HyperLogLog with 1024 registers; empty: nothing was seen.
struct DistinctCount {
  static constexpr std::size_t kRegisters = 1024;
  std::vector<std::uint8_t> registers;

  void add(std::size_t index, std::uint8_t rank);
  void merge(const DistinctCount& other);
  /// Flajolet et al. 2007, with linear counting where registers are still empty; 0 when empty.
  double estimate() const;
};

/// One dimension's coordinates: group g lies at values[codes[g]].
struct KeyColumn {
  const Dimension* dimension = nullptr;
  std::vector<Key> values;
  std::vector<std::uint32_t> codes;
};

/// Aggregates by group. NaN in `sums`: the group has no row in that fact.
struct CubePartial {
  std::size_t groups = 0;
  std::vector<KeyColumn> keys;
  std::map<std::string, std::vector<double>, std::less<>> sums;  // by PartialColumn::name
  BucketColumn latency;                 // one a group, or none when it was not asked for
  std::vector<DistinctCount> distinct;  // likewise
};

/// The columns that the cube's measures sum up in one fact.
std::vector<const PartialColumn*> partial_columns_of(const Cube& cube, Fact fact);
bool wants(const Cube& cube, Measure::Form form);

}  // namespace starling::history
