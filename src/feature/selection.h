// Which features to keep: minimum redundancy, maximum relevance.
#pragma once

#include <cstddef>
#include <vector>

#include "feature/feature_table.h"

namespace starling {

/// One feature in the order of choice. Information is in nats.
struct RankedFeature {
  std::size_t column = 0;
  double relevance = 0;   // I(feature; target)
  double redundancy = 0;  // mean I(feature; chosen) over those chosen before it, 0 for the first
  double score = 0;       // what it was chosen by
};

/// How relevance and redundancy become one score (Peng, Long & Ding 2005; Ding & Peng 2005).
enum class SelectionScore {
  kDifference,  // MID: relevance − redundancy
  kQuotient,    // MIQ: relevance / max(redundancy, 0.05 nats)
};

/// All columns, best first: the most relevant one, then always the one with the best score given
/// those chosen before it; equal ones in the order of the columns. Rows whose target is unknown
/// take no part, and a column's unknown values do not count for it.
std::vector<RankedFeature> rank_features(const FeatureTable& table,
                                         SelectionScore score = SelectionScore::kQuotient);

}  // namespace starling
