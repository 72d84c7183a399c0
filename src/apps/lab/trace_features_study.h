// What features are worth on given workloads: their ranking, and the error of a forecaster that
// reads the best of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "feature/selection.h"
#include "trace/series.h"

namespace starling::lab {

struct StudyOptions {
  int horizon = 1;           // steps ahead
  double train_share = 0.7;  // of each workload's length, for ranking and fitting; the rest scores
  std::size_t rows_max = 100'000;  // over all workloads; origins are spread evenly to stay below
  SelectionScore score = SelectionScore::kQuotient;
  double penalty = 1e-2;  // of the ridge regression, on standardised columns
  int random_draws = 20;
  std::uint64_t seed = 1;  // of the random choices
};

/// Errors of ridge regressions that read `features` columns, chosen in three ways. An error is the
/// mean absolute error relative to the naive forecast's (the last known value) on the same points:
/// the geometric mean over workloads, weighted by their points (AvgRelMAE, Davydenko & Fildes
/// 2013), each ratio held within [0.01, 100].
struct SubsetErrors {
  std::size_t features = 0;
  double mrmr = 0;
  double relevance = 0;  // the most relevant ones, redundant or not
  double random = 0;     // geometric mean over the draws
  /// Of gradient-boosted trees that learn from all workloads together and read the mrmr columns;
  /// nothing in a build without them.
  std::optional<double> trees = std::nullopt;
};

struct FeatureStudy {
  std::size_t workloads = 0;   // that were long enough
  std::size_t too_short = 0;   // that were not: fewer than 48 points
  std::size_t train_rows = 0;  // with a known target
  std::size_t test_rows = 0;
  std::vector<std::string> names;  // of the columns
  std::vector<RankedFeature> ranking;
  std::vector<SubsetErrors> errors;  // 1, 2, 4, 8, 16 and all features
  double seasonal_naive_error = 0;   // the value a day before, else the last one; relative as above
  double ses_error = 0;              // simple exponential smoothing
};

/// Ranks the features on the first parts of all workloads together, fits a regression of its own
/// to each workload's, and scores it on the later part. Errors: no workload is long enough, nothing
/// known to learn from or to score by.
Result<FeatureStudy> study_features(const std::vector<Series>& workloads,
                                    const StudyOptions& options);

}  // namespace starling::lab
