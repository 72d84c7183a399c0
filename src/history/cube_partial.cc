#include "history/cube_partial.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/latency_histogram.h"

namespace starling::history {

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

void BucketCounts::merge(const BucketCounts& other) {
  if (other.counts.empty()) return;
  add(other.first, 0);
  add(other.first + static_cast<int>(other.counts.size()) - 1, 0);
  std::uint64_t* into = counts.data() + (other.first - first);
  for (std::size_t i = 0; i < other.counts.size(); ++i) into[i] += other.counts[i];
}

double BucketCounts::quantile_ms(double q) const {
  const auto histogram = LatencyHistogram::from_buckets(first, counts, 0);
  return histogram.count() == 0 ? std::numeric_limits<double>::quiet_NaN()
                                : histogram.quantile(q) * 1000;
}

void DistinctCount::add(std::size_t index, std::uint8_t rank) {
  if (registers.empty()) registers.resize(kRegisters, 0);
  registers[index] = std::max(registers[index], rank);
}

void DistinctCount::merge(const DistinctCount& other) {
  if (other.registers.empty()) return;
  if (registers.empty()) registers.resize(kRegisters, 0);
  for (std::size_t i = 0; i < kRegisters; ++i)
    registers[i] = std::max(registers[i], other.registers[i]);
}

double DistinctCount::estimate() const {
  if (registers.empty()) return 0;
  constexpr double m = kRegisters;
  double inverse = 0;
  double empty = 0;
  for (const std::uint8_t rank : registers) {
    inverse += std::ldexp(1.0, -rank);
    empty += rank == 0;
  }
  const double raw = 0.7213 / (1 + 1.079 / m) * m * m / inverse;
  return raw <= 2.5 * m && empty > 0 ? m * std::log(m / empty) : raw;
}

std::vector<const PartialColumn*> partial_columns_of(const Cube& cube, Fact fact) {
  std::set<std::string_view> names;
  for (const Measure* m : cube.measures) names.insert({m->numerator, m->denominator});
  std::vector<const PartialColumn*> columns;
  for (const auto& column : partial_columns()) {
    if (column.fact == fact && names.contains(column.name)) columns.push_back(&column);
  }
  return columns;
}

bool wants(const Cube& cube, Measure::Form form) {
  return std::any_of(cube.measures.begin(), cube.measures.end(),
                     [&](const Measure* m) { return m->form == form; });
}

}  // namespace starling::history
