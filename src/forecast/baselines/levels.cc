// Methods that follow one level and forecast it for every step: moving average, simple exponential
// smoothing, fast up and slow down.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "forecast/baselines/baseline.h"
#include "forecast/smoothing.h"

namespace starling {
namespace {

class Levels final : public FittedMethod {
 public:
  Levels(std::vector<double> levels, std::size_t first)
      : levels_(std::move(levels)), first_(first) {}
  std::size_t first() const override { return first_; }
  void forecast_from(std::size_t i, std::span<double> ahead) const override {
    std::fill(ahead.begin(), ahead.end(), levels_[i]);
  }

 private:
  std::vector<double> levels_;  // after each point
  std::size_t first_;
};

/// After each point the mean of the last `width` known values (of fewer at the start).
std::vector<double> running_means(const MaskedWindow& window, std::size_t width) {
  std::vector<double> held;
  std::vector<double> means;
  double mean = window.values[first_known(window)];
  for (std::size_t i = 0; i < window.size(); ++i) {
    if (window.present[i]) {
      held.push_back(window.values[i]);
      const std::size_t count = std::min(width, held.size());
      double sum = 0;
      for (std::size_t k = held.size() - count; k < held.size(); ++k) sum += held[k];
      mean = sum / static_cast<double>(count);
    }
    means.push_back(mean);
  }
  return means;
}

double one_step_error(const MaskedWindow& window, const std::vector<double>& levels) {
  double error = 0;
  for (std::size_t i = 1; i < window.size(); ++i) {
    if (window.present[i]) error += std::abs(window.values[i] - levels[i - 1]);
  }
  return error;
}

class MovingAverage final : public FittedBaseline {
 public:
  MovingAverage() : FittedBaseline("moving-average", kErrorWindow) {}

 private:
  std::unique_ptr<FittedMethod> fit(const MaskedWindow& window, std::size_t) const override {
    constexpr std::array<std::size_t, 4> kWidths{3, 6, 12, 24};
    std::vector<double> best;
    double best_error = std::numeric_limits<double>::infinity();
    for (const std::size_t width : kWidths) {
      auto means = running_means(window, width);
      const double error = one_step_error(window, means);
      if (error >= best_error) continue;
      best_error = error;
      best = std::move(means);
    }
    return std::make_unique<Levels>(std::move(best), first_known(window));
  }
};

class SimpleExponentialSmoothing final : public FittedBaseline {
 public:
  SimpleExponentialSmoothing() : FittedBaseline("ses", kErrorWindow) {}

 private:
  std::unique_ptr<FittedMethod> fit(const MaskedWindow& window, std::size_t) const override {
    Smoothing smoothing = smooth(window);
    return std::make_unique<Levels>(std::move(smoothing.levels), smoothing.first);
  }
};

/// E_t = α·E_{t−1} + (1 − α)·O_t (Xiao, Song & Chen 2013). Above the estimate α = −0.2:
/// it overshoots the observation by a fifth of the rise. Below it α = 0.7: it comes down slowly.
class FastUpSlowDown final : public FittedBaseline {
 public:
  FastUpSlowDown() : FittedBaseline("fast-up-slow-down", kErrorWindow) {}

 private:
  std::unique_ptr<FittedMethod> fit(const MaskedWindow& window, std::size_t) const override {
    constexpr double kUp = -0.2;
    constexpr double kDown = 0.7;
    const std::size_t first = first_known(window);
    double estimate = window.values[first];
    std::vector<double> levels(first, estimate);
    for (std::size_t i = first; i < window.size(); ++i) {
      if (window.present[i]) {
        const double alpha = window.values[i] > estimate ? kUp : kDown;
        estimate = alpha * estimate + (1 - alpha) * window.values[i];
      }
      levels.push_back(estimate);
    }
    return std::make_unique<Levels>(std::move(levels), first);
  }
};

}  // namespace

std::unique_ptr<Forecaster> make_moving_average() { return std::make_unique<MovingAverage>(); }
std::unique_ptr<Forecaster> make_ses() { return std::make_unique<SimpleExponentialSmoothing>(); }
std::unique_ptr<Forecaster> make_fast_up_slow_down() { return std::make_unique<FastUpSlowDown>(); }

}  // namespace starling
