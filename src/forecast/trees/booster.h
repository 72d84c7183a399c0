// The one place that calls XGBoost: fit on examples, predict others.
#pragma once

#include <cstddef>
#include <vector>

#include "base/result.h"

namespace starling {

/// Rows of features, row after row; NaN is a missing feature.
struct TreeExamples {
  std::vector<float> features;
  std::vector<float> targets;      // one a row; empty where they are asked for
  std::vector<std::size_t> ahead;  // steps ahead of each row's target
};

/// Fits an ensemble and predicts `rows` rows of `asked`. With nothing to learn from all are 0.
/// Errors: the library's own words (kInternal); not built in (kUnavailable).
Result<std::vector<float>> boosted_predictions(const TreeExamples& learned,
                                               const TreeExamples& asked, std::size_t rows);

}  // namespace starling
