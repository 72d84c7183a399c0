// Implements forecast/baselines.h.
#include "forecast/baselines.h"

#include <algorithm>

#include "base/nearest.h"
#include "forecast/empirical.h"
#include "forecast/history_window.h"
#include "forecast/smoothing.h"

namespace starling {
namespace {

// Older errors say little about the next hour and would make long histories slow.
constexpr std::size_t kErrorWindow = 512;

/// A baseline forecasts histories one by one; this runs them and stops at the first unusable one.
class Baseline : public Forecaster {
 public:
  Result<std::vector<Forecast>> forecast(std::span<const HistoryView> histories,
                                         int horizon) const final {
    if (auto valid = check_horizon(horizon); !valid) return fail(valid.error());
    std::vector<Forecast> forecasts;
    forecasts.reserve(histories.size());
    for (std::size_t i = 0; i < histories.size(); ++i) {
      auto one = forecast_one(histories[i], i, horizon);
      if (!one) return fail(one.error());
      forecasts.push_back(std::move(*one));
    }
    return forecasts;
  }

 private:
  virtual Result<Forecast> forecast_one(const HistoryView& history, std::size_t index,
                                        int horizon) const = 0;
};

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

class SimpleExponentialSmoothing final : public Baseline {
 public:
  std::string name() const override { return "ses"; }

 private:
  Result<Forecast> forecast_one(const HistoryView& history, std::size_t index,
                                int horizon) const override {
    const auto window = known_window(history, kErrorWindow, index);
    if (!window) return fail(window.error());
    const Smoothing smoothing = smooth(*window);
    Forecast forecast = forecast_after(history, name());
    for (int h = 1; h <= horizon; ++h) {
      forecast.steps.push_back(
          empirical_quantiles(smoothing.level(), past_errors(*window, smoothing, h)));
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

const std::vector<std::string>& baseline_names() {
  static const std::vector<std::string> names{"naive", "seasonal-naive", "ses"};
  return names;
}

Result<std::unique_ptr<Forecaster>> make_forecaster(const std::string& name) {
  if (name == "naive") return std::make_unique<Naive>();
  if (name == "seasonal-naive") return std::make_unique<SeasonalNaive>();
  if (name == "ses") return std::make_unique<SimpleExponentialSmoothing>();
  return fail(ErrorCode::kInvalid, "no forecaster '{}'{}; there are naive, seasonal-naive and ses",
              name, did_you_mean(name, baseline_names()));
}

}  // namespace starling
