// What the baselines share: forecasting histories one by one, with intervals from their own past
// errors.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "forecast/forecaster.h"
#include "forecast/history_window.h"

namespace starling {

/// Points of the past whose errors make an interval. Older errors say little about the next hour
/// and would make long histories slow.
inline constexpr std::size_t kErrorWindow = 512;

/// Forecasts histories one by one and stops at the first unusable one.
class Baseline : public Forecaster {
 public:
  Result<std::vector<Forecast>> forecast(std::span<const HistoryView> histories,
                                         int horizon) const final;

 private:
  virtual Result<Forecast> forecast_one(const HistoryView& history, std::size_t index,
                                        int horizon) const = 0;
};

/// A method with its parameters set: what it says, or would have said, at any point of its window.
class FittedMethod {
 public:
  virtual ~FittedMethod() = default;
  /// The points from which on its forecasts are those of a warmed-up method.
  virtual std::size_t first() const = 0;
  /// ahead[h] is the forecast of point i + 1 + h, knowing the points up to i. Finite.
  virtual void forecast_from(std::size_t i, std::span<double> ahead) const = 0;
};

/// The forecast from the window's end, with the quantiles of the errors that the same method made
/// as many steps ahead within the last kErrorWindow points. The parameters are those of the whole
/// window in both, so a method with many of them looks somewhat surer than it is.
std::vector<Quantiles> quantiles_from_errors(const FittedMethod& method, const MaskedWindow& window,
                                             int horizon);

/// A baseline that fits its parameters to each history.
class FittedBaseline : public Baseline {
 public:
  FittedBaseline(std::string name, std::size_t window_max)
      : name_(std::move(name)), window_max_(window_max) {}
  std::string name() const final { return name_; }

 private:
  Result<Forecast> forecast_one(const HistoryView& history, std::size_t index,
                                int horizon) const final;
  /// `season` is 0 unless the window holds two seasons. The window holds a known point.
  virtual std::unique_ptr<FittedMethod> fit(const MaskedWindow& window,
                                            std::size_t season) const = 0;

  std::string name_;
  std::size_t window_max_;  // points of the past that the fit sees
};

/// Index of the first known point; there is one.
std::size_t first_known(const MaskedWindow& window);

std::unique_ptr<Forecaster> make_naive();
std::unique_ptr<Forecaster> make_seasonal_naive();
std::unique_ptr<Forecaster> make_moving_average();
std::unique_ptr<Forecaster> make_fast_up_slow_down();
std::unique_ptr<Forecaster> make_ses();
std::unique_ptr<Forecaster> make_holt_winters();
std::unique_ptr<Forecaster> make_theta();
std::unique_ptr<Forecaster> make_autoregression();

}  // namespace starling
