// The last value, and the value one season earlier.
#include <algorithm>

#include "forecast/baselines/baseline.h"
#include "forecast/empirical.h"
#include "forecast/smoothing.h"

namespace starling {
namespace {

/// x_i − x_{i−lag} for every pair of known points: the past errors of repeating the value `lag`
/// earlier.
std::vector<double> lagged_differences(const MaskedWindow& window, std::size_t lag) {
  std::vector<double> differences;
  for (std::size_t i = lag; i < window.size(); ++i) {
    if (window.present[i] && window.present[i - lag]) {
      differences.push_back(window.values[i] - window.values[i - lag]);
    }
  }
  return differences;
}

class Naive final : public Baseline {
 public:
  std::string name() const override { return "naive"; }

 private:
  Result<Forecast> forecast_one(const HistoryView& history, std::size_t index,
                                int horizon) const override {
    const auto window = known_window(history, kErrorWindow, index);
    if (!window) return fail(window.error());
    std::size_t last = window->size() - 1;
    while (!window->present[last]) --last;
    const std::size_t age = window->size() - 1 - last;  // steps since a value was last known
    Forecast forecast = forecast_after(history, name());
    for (int h = 1; h <= horizon; ++h) {
      const auto lag = static_cast<std::size_t>(h) + age;
      forecast.steps.push_back(
          empirical_quantiles(window->values[last], lagged_differences(*window, lag)));
    }
    return forecast;
  }
};

class SeasonalNaive final : public Baseline {
 public:
  std::string name() const override { return "seasonal-naive"; }

 private:
  Result<Forecast> forecast_one(const HistoryView& history, std::size_t index,
                                int horizon) const override {
    const auto season = static_cast<std::size_t>(std::max(0, history.season));
    const auto window = known_window(history, history.values.size(), index);
    if (!window) return fail(window.error());
    if (season == 0 || window->size() < season) {
      const auto naive = Naive().forecast({&history, 1}, horizon);
      return naive->front();
    }
    const Smoothing smoothing = smooth(*window);
    const auto errors = lagged_differences(*window, season);
    Forecast forecast = forecast_after(history, name());
    for (std::size_t h = 0; h < static_cast<std::size_t>(horizon); ++h) {
      const std::size_t i = window->size() - season + h % season;
      const double point = window->present[i] ? window->values[i] : smoothing.level();
      forecast.steps.push_back(empirical_quantiles(point, errors));
    }
    return forecast;
  }
};

}  // namespace

std::unique_ptr<Forecaster> make_naive() { return std::make_unique<Naive>(); }
std::unique_ptr<Forecaster> make_seasonal_naive() { return std::make_unique<SeasonalNaive>(); }

}  // namespace starling
