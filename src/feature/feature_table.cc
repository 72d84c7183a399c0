// Implements feature/feature_table.h.
#include "feature/feature_table.h"

#include <cassert>

namespace starling {
namespace {

template <typename T>
void extend(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

template <typename T>
std::vector<T> pick(const std::vector<T>& from, std::span<const std::size_t> wanted) {
  std::vector<T> picked;
  picked.reserve(wanted.size());
  for (const std::size_t row : wanted) picked.push_back(from[row]);
  return picked;
}

}  // namespace

void FeatureTable::append(const FeatureTable& other) {
  if (names.empty()) {
    *this = other;
    return;
  }
  assert(names == other.names);
  for (std::size_t j = 0; j < columns.size(); ++j) extend(columns[j], other.columns[j]);
  extend(target, other.target);
  extend(level, other.level);
  extend(scale, other.scale);
  extend(made_at, other.made_at);
  extend(known_at, other.known_at);
}

FeatureTable FeatureTable::select(std::span<const std::size_t> wanted) const {
  FeatureTable selected{.names = names,
                        .columns = {},
                        .target = pick(target, wanted),
                        .level = pick(level, wanted),
                        .scale = pick(scale, wanted),
                        .made_at = pick(made_at, wanted),
                        .known_at = pick(known_at, wanted)};
  selected.columns.reserve(columns.size());
  for (const auto& column : columns) selected.columns.push_back(pick(column, wanted));
  return selected;
}

std::vector<std::size_t> FeatureTable::rows_with_target() const {
  std::vector<std::size_t> known;
  for (std::size_t row = 0; row < rows(); ++row) {
    if (!std::isnan(target[row])) known.push_back(row);
  }
  return known;
}

}  // namespace starling
