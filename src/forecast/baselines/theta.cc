// The theta method: simple exponential smoothing with half the trend, on seasonally adjusted data.
#include <algorithm>
#include <cmath>

#include "forecast/baselines/baseline.h"
#include "forecast/baselines/seasonality.h"
#include "forecast/smoothing.h"

namespace starling {
namespace {

/// Classical decomposition: the mean of what each place of the season differs from a moving average
/// one season long; as factors, or as differences where a factor would be near zero.
struct Season {
  bool factors = true;
  std::vector<double> index;

  bool any() const { return !index.empty(); }
  double remove(double x, std::size_t i) const {
    const double s = index[i % index.size()];
    return factors ? x / s : x - s;
  }
  double restore(double x, std::size_t i) const {
    const double s = index[i % index.size()];
    return factors ? x * s : x + s;
  }
};

std::vector<double> seasonal_means(const MaskedWindow& window, std::size_t season, bool factors) {
  std::vector<double> sums(window.size() + 1), counts(window.size() + 1);
  for (std::size_t i = 0; i < window.size(); ++i) {
    sums[i + 1] = sums[i] + window.values[i];
    counts[i + 1] = counts[i] + window.present[i];
  }
  std::vector<double> index(season), seen(season);
  const std::size_t half = season / 2;
  for (std::size_t i = half; i + (season - half) <= window.size(); ++i) {
    const double count = counts[i - half + season] - counts[i - half];
    if (!window.present[i] || count == 0) continue;
    const double trend = (sums[i - half + season] - sums[i - half]) / count;
    if (factors && !(trend > 0)) continue;
    index[i % season] += factors ? window.values[i] / trend : window.values[i] - trend;
    ++seen[i % season];
  }
  const double neutral = factors ? 1 : 0;
  double mean = 0;
  for (std::size_t k = 0; k < season; ++k) {
    index[k] = seen[k] > 0 ? index[k] / seen[k] : neutral;
    mean += index[k] / static_cast<double>(season);
  }
  for (double& s : index) s = factors ? s / std::max(mean, 1e-9) : s - mean;
  return index;
}

Season season_of(const MaskedWindow& window, std::size_t season) {
  if (season == 0 || !is_seasonal(window, season)) return {};
  Season found{true, seasonal_means(window, season, true)};
  constexpr double kFactorMin = 0.05;
  if (*std::min_element(found.index.begin(), found.index.end()) >= kFactorMin) return found;
  return {false, seasonal_means(window, season, false)};
}

/// Slope of the least-squares line through the known points.
double slope_of(const MaskedWindow& window) {
  double n = 0, t_sum = 0, x_sum = 0;
  for (std::size_t i = 0; i < window.size(); ++i) {
    if (!window.present[i]) continue;
    ++n;
    t_sum += static_cast<double>(i);
    x_sum += window.values[i];
  }
  double covariance = 0, variance = 0;
  for (std::size_t i = 0; i < window.size(); ++i) {
    if (!window.present[i]) continue;
    const double t = static_cast<double>(i) - t_sum / n;
    covariance += t * (window.values[i] - x_sum / n);
    variance += t * t;
  }
  return variance > 0 ? covariance / variance : 0;
}

/// Hyndman & Billah 2003: the theta method is exponential smoothing plus a drift of
/// half the slope b of the linear trend,
///   x̂_{n+h} = l_n + ½b·(h − 1 + 1/α − (1 − α)^n / α).
class Theta final : public FittedMethod {
 public:
  Theta(const MaskedWindow& window, std::size_t season) : season_(season_of(window, season)) {
    MaskedWindow adjusted = window;
    for (std::size_t i = 0; season_.any() && i < window.size(); ++i) {
      if (window.present[i]) adjusted.values[i] = season_.remove(window.values[i], i);
    }
    slope_ = slope_of(adjusted);
    smoothing_ = smooth(adjusted);
  }

  std::size_t first() const override { return smoothing_.first; }
  void forecast_from(std::size_t i, std::span<double> ahead) const override {
    const double n = static_cast<double>(i - std::min(i, smoothing_.first) + 1);
    const double alpha = smoothing_.alpha;
    const double start = 1 / alpha - std::pow(1 - alpha, n) / alpha;
    for (std::size_t h = 0; h < ahead.size(); ++h) {
      const double x = smoothing_.levels[i] + slope_ / 2 * (static_cast<double>(h) + start);
      ahead[h] = season_.any() ? season_.restore(x, i + 1 + h) : x;
    }
  }

 private:
  Season season_;
  double slope_ = 0;
  Smoothing smoothing_;
};

class ThetaBaseline final : public FittedBaseline {
 public:
  ThetaBaseline() : FittedBaseline("theta", kWindowMax) {}

 private:
  static constexpr std::size_t kWindowMax = 4096;

  std::unique_ptr<FittedMethod> fit(const MaskedWindow& window, std::size_t season) const override {
    return std::make_unique<Theta>(window, season);
  }
};

}  // namespace

std::unique_ptr<Forecaster> make_theta() { return std::make_unique<ThetaBaseline>(); }

}  // namespace starling
