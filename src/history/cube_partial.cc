#include "history/cube_partial.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace starling::history {

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
