// Implements forecast/metrics.h.
#include "forecast/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace starling {

double pinball_loss(double quantile, double actual, double level) {
  const double miss = actual - quantile;
  return miss >= 0 ? level * miss : (level - 1) * miss;
}

Coverage covered_by(const Quantiles& quantiles, double actual) {
  const auto ties = [&](double q) {
    return std::abs(q - actual) <= 1e-6 * std::max(std::abs(q), std::abs(actual));
  };
  const std::size_t levels = quantiles.size();
  std::size_t first = 0;
  while (first < levels && quantiles[first] < actual && !ties(quantiles[first])) ++first;
  std::size_t last = first;  // past the ties
  while (last < levels && ties(quantiles[last])) ++last;
  Coverage covered{};
  std::fill(covered.begin() + static_cast<std::ptrdiff_t>(last), covered.end(), 1.0);
  const double below = first == 0 ? 0 : kQuantileLevels[first];
  for (std::size_t k = first; k < last; ++k) {
    const double above = last == levels ? 1 : kQuantileLevels[last - 1];
    covered[k] = above > below ? (kQuantileLevels[k] - below) / (above - below) : 1;
  }
  return covered;
}

void QuantileScore::add(const Quantiles& forecast, double actual) {
  ++count_;
  actual_ += std::abs(actual);
  for (std::size_t i = 0; i < forecast.size(); ++i) {
    pinball_ += pinball_loss(forecast[i], actual, kQuantileLevels[i]);
    covered_[i] += actual <= forecast[i];
  }
}

double QuantileScore::mean_pinball() const {
  if (count_ == 0) return 0;
  return pinball_ / static_cast<double>(count_) / static_cast<double>(kQuantileLevels.size());
}

double QuantileScore::wql() const {
  if (pinball_ == 0) return 0;
  if (actual_ == 0) return std::numeric_limits<double>::infinity();
  return 2 * pinball_ / static_cast<double>(kQuantileLevels.size()) / actual_;
}

double QuantileScore::coverage(std::size_t level_index) const {
  if (count_ == 0) return 0;
  return static_cast<double>(covered_[level_index]) / static_cast<double>(count_);
}

}  // namespace starling
