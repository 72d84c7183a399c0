#include "history/cube_accumulator.h"

#include <cmath>
#include <limits>

namespace starling::history {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

void add_sum(double& into, double value) {
  if (!std::isnan(value)) into = std::isnan(into) ? value : into + value;
}

void take_maximum(double& into, double value) {
  if (std::isnan(into) || value > into) into = value;
}

}  // namespace

void CubeAccumulator::add(const CubePartial& partial, const std::vector<bool>& kept) {
  const auto group_of = place_groups(partial, kept);
  for (const auto& [name, values] : partial.sums) add_sums(name, values, group_of);
  if (!partial.latency.empty()) {
    latency_.resize(result_.groups);
    for (std::size_t g = 0; g < partial.groups; ++g) {
      BucketCounts& into = latency_[group_of[g]];
      buckets_ -= into.counts.size();
      into.merge(partial.latency[g]);
      buckets_ += into.counts.size();
    }
  }
  if (!partial.distinct.empty()) {
    result_.distinct.resize(result_.groups);
    for (std::size_t g = 0; g < partial.groups; ++g)
      result_.distinct[group_of[g]].merge(partial.distinct[g]);
  }
}

CubePartial CubeAccumulator::take() {
  for (auto& [name, sums] : result_.sums) sums.resize(result_.groups, kNothing);
  result_.latency = BucketColumn(latency_);
  return std::move(result_);
}

/// The partial's codes as ours, for one of its key columns.
std::vector<std::uint32_t> CubeAccumulator::translate(const KeyColumn& column, std::size_t into) {
  std::vector<std::uint32_t> codes;
  codes.reserve(column.values.size());
  for (const auto& value : column.values) {
    auto& values = result_.keys[into].values;
    const auto [found, fresh] =
        dictionaries_[into].try_emplace(value, static_cast<std::uint32_t>(values.size()));
    if (fresh) values.push_back(value);
    codes.push_back(found->second);
  }
  return codes;
}

/// Our group of each group of the partial.
std::vector<std::uint32_t> CubeAccumulator::place_groups(const CubePartial& partial,
                                                         const std::vector<bool>& kept) {
  std::vector<const KeyColumn*> columns;
  for (std::size_t i = 0; i < partial.keys.size(); ++i) {
    if (kept[i]) columns.push_back(&partial.keys[i]);
  }
  if (!groups_) {
    groups_.emplace(columns.size());
    dictionaries_.resize(columns.size());
    for (const auto* column : columns) result_.keys.push_back({column->dimension, {}, {}});
  }
  std::vector<std::vector<std::uint32_t>> translated;
  for (std::size_t i = 0; i < columns.size(); ++i) translated.push_back(translate(*columns[i], i));
  std::vector<std::uint32_t> group_of(partial.groups);
  std::vector<std::uint32_t> codes(columns.size());
  for (std::size_t g = 0; g < partial.groups; ++g) {
    for (std::size_t i = 0; i < columns.size(); ++i) codes[i] = translated[i][columns[i]->codes[g]];
    group_of[g] = groups_->group_of(codes);
    if (group_of[g] < result_.groups) continue;
    ++result_.groups;
    for (std::size_t i = 0; i < columns.size(); ++i) result_.keys[i].codes.push_back(codes[i]);
  }
  return group_of;
}

void CubeAccumulator::add_sums(const std::string& name, const std::vector<double>& values,
                               const std::vector<std::uint32_t>& group_of) {
  auto& sums = result_.sums[name];
  sums.resize(result_.groups, kNothing);
  const bool span = find_partial_column(name)->merge == PartialColumn::Merge::kSpan;
  for (std::size_t g = 0; g < values.size(); ++g) {
    double& into = sums[group_of[g]];
    if (span && spans_ == Spans::kBeside) {
      take_maximum(into, values[g]);
    } else {
      add_sum(into, values[g]);
    }
  }
}

}  // namespace starling::history
