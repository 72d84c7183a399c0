// Ridge regression on a feature table: the linear forecaster that features are judged by.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "feature/feature_table.h"

namespace starling {

/// target ≈ intercept + Σ weights[k]·(table.columns[columns[k]] − means[k]); an unknown value
/// counts as its mean.
struct RidgeModel {
  std::vector<std::size_t> columns;
  std::vector<double> means;
  std::vector<double> weights;
  double intercept = 0;

  double predict(const FeatureTable& table, std::size_t row) const;
};

/// The moments of a table, from which a model on any of its columns is fitted without seeing the
/// rows again. Rows whose target is unknown take no part.
class RidgeMoments {
 public:
  explicit RidgeMoments(const FeatureTable& table);

  /// Minimises Σ(target − prediction)²/rows + penalty·Σ(weights of the standardised columns)²
  /// (Hoerl & Kennard 1970), solved by Cholesky. A constant column gets weight 0. penalty > 0; the
  /// columns differ.
  RidgeModel fit(std::span<const std::size_t> columns, double penalty) const;

 private:
  double covariance(std::size_t a, std::size_t b) const { return covariances_[a * size_ + b]; }

  std::size_t size_;                 // columns
  std::vector<double> means_;        // of known values
  std::vector<double> deviations_;   // 1 for a constant column
  std::vector<double> covariances_;  // of standardised columns, size_ × size_
  std::vector<double> with_target_;  // covariance of each with the target
  double target_mean_ = 0;
};

}  // namespace starling
