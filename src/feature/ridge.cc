// Implements feature/ridge.h.
#include "feature/ridge.h"

#include <cassert>
#include <cmath>

namespace starling {
namespace {

double mean_of_known(const std::vector<double>& values) {
  double sum = 0;
  std::size_t known = 0;
  for (const double x : values) {
    if (std::isnan(x)) continue;
    sum += x;
    ++known;
  }
  return known > 0 ? sum / static_cast<double>(known) : 0;
}

double mean_product(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return a.empty() ? 0 : sum / static_cast<double>(a.size());
}

/// Solves A·x = b for a symmetric positive definite A (row after row; the upper half is not read)
/// by Cholesky's A = L·Lᵀ. Both are used as working space; x replaces b.
void solve_positive_definite(std::vector<double>& a, std::vector<double>& b) {
  const std::size_t n = b.size();
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = a[i * n + j];
      for (std::size_t k = 0; k < j; ++k) sum -= a[i * n + k] * a[j * n + k];
      assert(i != j || sum > 0);
      a[i * n + j] = i == j ? std::sqrt(sum) : sum / a[j * n + j];
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < i; ++k) b[i] -= a[i * n + k] * b[k];
    b[i] /= a[i * n + i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) b[i] -= a[k * n + i] * b[k];
    b[i] /= a[i * n + i];
  }
}

}  // namespace

double RidgeModel::predict(const FeatureTable& table, std::size_t row) const {
  double prediction = intercept;
  for (std::size_t k = 0; k < columns.size(); ++k) {
    const double x = table.columns[columns[k]][row];
    if (!std::isnan(x)) prediction += weights[k] * (x - means[k]);
  }
  return prediction;
}

RidgeMoments::RidgeMoments(const FeatureTable& table) : size_(table.columns.size()) {
  const std::vector<std::size_t> rows = table.rows_with_target();
  std::vector<double> target;
  target.reserve(rows.size());
  for (const std::size_t row : rows) target.push_back(table.target[row]);
  target_mean_ = mean_of_known(target);
  for (double& y : target) y -= target_mean_;

  std::vector<std::vector<double>> standard(size_);
  for (std::size_t j = 0; j < size_; ++j) {
    for (const std::size_t row : rows) standard[j].push_back(table.columns[j][row]);
    means_.push_back(mean_of_known(standard[j]));
    for (double& x : standard[j]) x = std::isnan(x) ? 0 : x - means_[j];
    const double deviation = std::sqrt(mean_product(standard[j], standard[j]));
    // Where rounding is all that varies, standardising would make noise of it.
    const bool constant = deviation <= 1e-12 * (1 + std::abs(means_[j]));
    deviations_.push_back(constant ? 1 : deviation);
    for (double& x : standard[j]) x = constant ? 0 : x / deviation;
    with_target_.push_back(mean_product(standard[j], target));
  }
  covariances_.resize(size_ * size_);
  for (std::size_t a = 0; a < size_; ++a) {
    for (std::size_t b = 0; b <= a; ++b) {
      const double product = mean_product(standard[a], standard[b]);
      covariances_[a * size_ + b] = covariances_[b * size_ + a] = product;
    }
  }
}

RidgeModel RidgeMoments::fit(std::span<const std::size_t> columns, double penalty) const {
  assert(penalty > 0);
  const std::size_t n = columns.size();
  RidgeModel model{.columns = {columns.begin(), columns.end()},
                   .means = {},
                   .weights = {},
                   .intercept = target_mean_};
  std::vector<double> normal(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) normal[i * n + j] = covariance(columns[i], columns[j]);
    normal[i * n + i] += penalty;
    model.means.push_back(means_[columns[i]]);
    model.weights.push_back(with_target_[columns[i]]);
  }
  solve_positive_definite(normal, model.weights);
  for (std::size_t i = 0; i < n; ++i) model.weights[i] /= deviations_[columns[i]];
  return model;
}

}  // namespace starling
