// An autoregressive model, fitted by Yule and Walker's equations, its order by Akaike's
// corrected criterion.
#include <algorithm>
#include <cmath>
#include <limits>

#include "forecast/baselines/baseline.h"

namespace starling {
namespace {

constexpr std::size_t kOrderMax = 24;

/// Biased autocovariances at the lags 0 … order of points that are 0 where unknown: they belong to
/// a positive definite sequence, so the model is stationary.
std::vector<double> autocovariances(const std::vector<double>& x, std::size_t order) {
  std::vector<double> result;
  for (std::size_t lag = 0; lag <= order; ++lag) {
    double sum = 0;
    for (std::size_t i = lag; i < x.size(); ++i) sum += x[i] * x[i - lag];
    result.push_back(sum / static_cast<double>(x.size()));
  }
  return result;
}

/// Levinson-Durbin recursion over the orders; the coefficients of the order with the smallest
/// n·log σ²_p + 2k + 2k(k + 1)/(n − k − 1), k = p + 1 (Hurvich & Tsai 1989: without the correction
/// short windows get far too many).
std::vector<double> yule_walker(const std::vector<double>& covariance, double n) {
  const double floor = 1e-12 * covariance[0];  // beyond it only rounding is left to explain
  std::vector<double> best, phi;
  double variance = covariance[0];
  if (!(floor > 0)) return best;
  double lowest = n * std::log(variance) + 2 + 4 / std::max(1.0, n - 2);
  for (std::size_t p = 1; p < covariance.size() && variance > floor; ++p) {
    double reflection = covariance[p];
    for (std::size_t k = 1; k < p; ++k) reflection -= phi[k - 1] * covariance[p - k];
    reflection = std::clamp(reflection / variance, -0.999999, 0.999999);
    std::vector<double> next = phi;
    for (std::size_t k = 1; k < p; ++k) next[k - 1] -= reflection * phi[p - k - 1];
    next.push_back(reflection);
    phi = std::move(next);
    variance *= 1 - reflection * reflection;
    const double k = static_cast<double>(p) + 1;
    if (n - k - 1 <= 0) break;
    const double criterion = n * std::log(variance) + 2 * k + 2 * k * (k + 1) / (n - k - 1);
    if (criterion >= lowest) continue;
    lowest = criterion;
    best = phi;
  }
  return best;
}

/// x̂_{t+h} = μ + Σ φ_k·(x̂_{t+h−k} − μ), with what is known of the past.
class Autoregression final : public FittedMethod {
 public:
  explicit Autoregression(const MaskedWindow& window) : begin_(first_known(window)) {
    for (const double x : window.values) mean_ += x / window.known;  // unknown ones are 0
    for (std::size_t i = 0; i < window.size(); ++i) {
      centred_.push_back(window.present[i] ? window.values[i] - mean_ : 0);
    }
    const double n = window.known;
    // As many lags as R's ar() tries, ten decibels' worth.
    const auto order = static_cast<std::size_t>(
        std::clamp(10 * std::log10(n), 0.0, std::min<double>(kOrderMax, n - 1)));
    phi_ = yule_walker(autocovariances(centred_, order), n);
  }

  std::size_t first() const override { return begin_; }
  void forecast_from(std::size_t i, std::span<double> ahead) const override {
    for (std::size_t h = 0; h < ahead.size(); ++h) {
      double sum = 0;
      for (std::size_t k = 0; k < phi_.size(); ++k) {
        if (k < h) {
          sum += phi_[k] * (ahead[h - 1 - k] - mean_);
        } else if (i + h >= k) {
          sum += phi_[k] * centred_[i + h - k];
        }
      }
      ahead[h] = mean_ + sum;
    }
  }

 private:
  std::size_t begin_;
  double mean_ = 0;
  std::vector<double> centred_;
  std::vector<double> phi_;
};

class AutoregressionBaseline final : public FittedBaseline {
 public:
  AutoregressionBaseline() : FittedBaseline("ar", kWindowMax) {}

 private:
  static constexpr std::size_t kWindowMax = 2048;

  std::unique_ptr<FittedMethod> fit(const MaskedWindow& window, std::size_t) const override {
    return std::make_unique<Autoregression>(window);
  }
};

}  // namespace

std::unique_ptr<Forecaster> make_autoregression() {
  return std::make_unique<AutoregressionBaseline>();
}

}  // namespace starling
