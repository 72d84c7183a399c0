// Implements forecast/baselines/seasonality.h.
#include "forecast/baselines/seasonality.h"

#include <cmath>
#include <vector>

namespace starling {

namespace {

double mean_of_known(const MaskedWindow& window) {
  double sum = 0;
  for (std::size_t i = 0; i < window.size(); ++i) sum += window.values[i];  // unknown ones are 0
  return sum / window.known;
}

}  // namespace

bool is_seasonal(const MaskedWindow& window, std::size_t season) {
  const double mean = mean_of_known(window);
  std::vector<double> centred(window.size());
  double variance = 0;
  for (std::size_t i = 0; i < window.size(); ++i) {
    if (window.present[i]) centred[i] = window.values[i] - mean;
    variance += centred[i] * centred[i];
  }
  if (!(variance > 0)) return false;
  const auto correlation = [&](std::size_t lag) {
    double sum = 0;
    for (std::size_t i = lag; i < centred.size(); ++i) sum += centred[i] * centred[i - lag];
    return sum / variance;
  };
  double squares = 0;
  for (std::size_t lag = 1; lag < season; ++lag) squares += std::pow(correlation(lag), 2);
  const double deviation = std::sqrt((1 + 2 * squares) / window.known);
  return std::abs(correlation(season)) > 1.645 * deviation;
}

}  // namespace starling
