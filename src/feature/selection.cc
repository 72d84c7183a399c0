// Implements feature/selection.h.
#include "feature/selection.h"

#include <algorithm>

#include "feature/mutual_information.h"

namespace starling {
namespace {

// Below this (nats) much of an estimate is chance, and a quotient of two such would put noise
// first.
constexpr double kRedundancyMin = 0.05;

double score_of(const RankedFeature& feature, bool first, SelectionScore score) {
  if (first) return feature.relevance;
  if (score == SelectionScore::kDifference) return feature.relevance - feature.redundancy;
  return feature.relevance / std::max(feature.redundancy, kRedundancyMin);
}

}  // namespace

std::vector<RankedFeature> rank_features(const FeatureTable& table, SelectionScore score) {
  const int bins_max = bin_count(table.rows_with_target().size());
  const BinnedColumn target = equal_frequency_bins(table.target, bins_max);
  std::vector<BinnedColumn> binned;
  std::vector<RankedFeature> candidates;
  for (std::size_t j = 0; j < table.columns.size(); ++j) {
    binned.push_back(equal_frequency_bins(table.columns[j], bins_max));
    candidates.push_back({.column = j, .relevance = mutual_information(binned[j], target)});
  }

  std::vector<double> shared(candidates.size(), 0);  // by column: Σ I(column; chosen)
  std::vector<RankedFeature> ranked;
  while (!candidates.empty()) {
    for (RankedFeature& one : candidates) {
      if (!ranked.empty()) {
        one.redundancy = shared[one.column] / static_cast<double>(ranked.size());
      }
      one.score = score_of(one, ranked.empty(), score);
    }
    const auto best = std::max_element(
        candidates.begin(), candidates.end(),
        [](const RankedFeature& a, const RankedFeature& b) { return a.score < b.score; });
    ranked.push_back(*best);
    candidates.erase(best);
    for (const RankedFeature& one : candidates) {
      shared[one.column] += mutual_information(binned[one.column], binned[ranked.back().column]);
    }
  }
  return ranked;
}

}  // namespace starling
