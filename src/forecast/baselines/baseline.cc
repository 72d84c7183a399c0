// Implements forecast/baselines/baseline.h.
#include "forecast/baselines/baseline.h"

#include <algorithm>

#include "forecast/empirical.h"

namespace starling {

Result<std::vector<Forecast>> Baseline::forecast(std::span<const HistoryView> histories,
                                                 int horizon) const {
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

std::vector<Quantiles> quantiles_from_errors(const FittedMethod& method, const MaskedWindow& window,
                                             int horizon) {
  const auto steps = static_cast<std::size_t>(horizon);
  const std::size_t last = window.size() - 1;
  const std::size_t begin = std::max(method.first(), last - std::min(last, kErrorWindow));
  std::vector<double> ahead(steps);
  std::vector<std::vector<double>> errors(steps);
  for (std::size_t i = begin; i < last; ++i) {
    const std::size_t known = std::min(steps, last - i);
    method.forecast_from(i, std::span(ahead).first(known));
    for (std::size_t h = 0; h < known; ++h) {
      if (window.present[i + 1 + h]) errors[h].push_back(window.values[i + 1 + h] - ahead[h]);
    }
  }
  method.forecast_from(last, ahead);
  std::vector<Quantiles> quantiles;
  for (std::size_t h = 0; h < steps; ++h) {
    quantiles.push_back(empirical_quantiles(ahead[h], std::move(errors[h])));
  }
  return quantiles;
}

Result<Forecast> FittedBaseline::forecast_one(const HistoryView& history, std::size_t index,
                                              int horizon) const {
  const auto window = known_window(history, window_max_, index);
  if (!window) return fail(window.error());
  const auto season = static_cast<std::size_t>(std::max(0, history.season));
  const bool seasonal = season > 1 && window->size() >= 2 * season;
  Forecast forecast = forecast_after(history, name_);
  forecast.steps = quantiles_from_errors(*fit(*window, seasonal ? season : 0), *window, horizon);
  return forecast;
}

std::size_t first_known(const MaskedWindow& window) {
  return static_cast<std::size_t>(std::find(window.present.begin(), window.present.end(), 1) -
                                  window.present.begin());
}

}  // namespace starling
