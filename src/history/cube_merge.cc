#include "history/cube_merge.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <unordered_map>

namespace starling::history {
namespace {

constexpr std::size_t kKeysMax = 8;  // parse_cube() takes no more
using Codes = std::array<std::uint32_t, kKeysMax>;

struct CodesHash {
  std::size_t operator()(const Codes& codes) const {
    std::uint64_t hash = 0;
    for (const auto code : codes) {
      hash = (hash ^ code) * 0x9e3779b97f4a7c15ULL;
      hash ^= hash >> 32;
    }
    return hash;
  }
};

void add_sum(double& into, double value) {
  if (!std::isnan(value)) into = std::isnan(into) ? value : into + value;
}

void take_maximum(double& into, double value) {
  if (std::isnan(into) || value > into) into = value;
}

/// Collects partials of the same keys, group by group.
class Accumulator {
 public:
  /// `spans_add`: groups that fall together follow one another in time.
  explicit Accumulator(bool spans_add) : spans_add_(spans_add) {}

  /// Takes in the partial by the keys that are kept.
  void add(const CubePartial& partial, const std::vector<bool>& kept) {
    const auto group_of = place_groups(partial, kept);
    for (const auto& [name, values] : partial.sums) add_sums(name, values, group_of);
    if (!partial.latency.empty()) {
      result_.latency.resize(result_.groups);
      for (std::size_t g = 0; g < partial.groups; ++g) {
        BucketCounts& into = result_.latency[group_of[g]];
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

  std::size_t groups() const { return result_.groups; }
  std::size_t buckets() const { return buckets_; }

  CubePartial take() {
    for (auto& [name, sums] : result_.sums) sums.resize(result_.groups, kNothing);
    return std::move(result_);
  }

 private:
  static constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

  /// The partial's codes as ours, for one of its key columns.
  std::vector<std::uint32_t> translate(const KeyColumn& column, std::size_t into) {
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
  std::vector<std::uint32_t> place_groups(const CubePartial& partial,
                                          const std::vector<bool>& kept) {
    std::vector<const KeyColumn*> columns;
    for (std::size_t i = 0; i < partial.keys.size(); ++i) {
      if (kept[i]) columns.push_back(&partial.keys[i]);
    }
    std::vector<std::vector<std::uint32_t>> translated;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (result_.keys.size() == i) result_.keys.push_back({columns[i]->dimension, {}, {}});
      translated.push_back(translate(*columns[i], i));
    }
    std::vector<std::uint32_t> group_of(partial.groups);
    for (std::size_t g = 0; g < partial.groups; ++g) {
      Codes codes{};
      for (std::size_t i = 0; i < columns.size(); ++i)
        codes[i] = translated[i][columns[i]->codes[g]];
      const auto [found, fresh] =
          groups_.try_emplace(codes, static_cast<std::uint32_t>(result_.groups));
      if (fresh) {
        ++result_.groups;
        for (std::size_t i = 0; i < columns.size(); ++i) result_.keys[i].codes.push_back(codes[i]);
      }
      group_of[g] = found->second;
    }
    return group_of;
  }

  void add_sums(const std::string& name, const std::vector<double>& values,
                const std::vector<std::uint32_t>& group_of) {
    auto& sums = result_.sums[name];
    sums.resize(result_.groups, kNothing);
    const bool span = find_partial_column(name)->merge == PartialColumn::Merge::kSpan;
    for (std::size_t g = 0; g < values.size(); ++g) {
      double& into = sums[group_of[g]];
      if (span && !spans_add_) {
        take_maximum(into, values[g]);
      } else {
        add_sum(into, values[g]);
      }
    }
  }

  const bool spans_add_;
  CubePartial result_;
  std::array<std::map<Key, std::uint32_t>, kKeysMax> dictionaries_;
  std::unordered_map<Codes, std::uint32_t, CodesHash> groups_;
  std::size_t buckets_ = 0;
};

}  // namespace

Result<CubePartial> merge(const std::vector<CubePartial>& partials, const CubeLimits& limits) {
  Accumulator all(/*spans_add=*/false);
  for (const auto& partial : partials) {
    all.add(partial, std::vector<bool>(partial.keys.size(), true));
    if (all.groups() > limits.groups_max || all.buckets() > limits.buckets_max) {
      return fail(ErrorCode::kTooLarge,
                  "the nodes together have more than {} groups: take a coarser time, fewer rows "
                  "and columns, or narrow it with 'where'",
                  limits.groups_max);
    }
  }
  return all.take();
}

CubePartial roll_up(const CubePartial& partial, const std::vector<bool>& kept) {
  // Series beside each other first, for their spans are the same time; then the times.
  std::vector<bool> with_times = kept;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (partial.keys[i].dimension->hierarchy == Hierarchy::kTime) with_times[i] = true;
  }
  Accumulator beside(/*spans_add=*/false);
  beside.add(partial, with_times);
  const CubePartial by_time = beside.take();
  if (with_times == kept) return by_time;
  std::vector<bool> kept_of_these;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (with_times[i]) kept_of_these.push_back(kept[i]);
  }
  Accumulator after(/*spans_add=*/true);
  after.add(by_time, kept_of_these);
  return after.take();
}

}  // namespace starling::history
