// Implements forecast/net/inference.h.
#include "forecast/net/inference.h"

#include <algorithm>
#include <cmath>

#include "forecast/baselines.h"
#include "forecast/history_window.h"

namespace starling::net {
namespace {

// Bounds the memory of one product; larger batches are no faster.
constexpr std::size_t kChunk = 512;

/// The forecasts of the histories `asked`, which are encoded for the regime of these weights.
void forecast_asked(const Weights& one, std::span<const HistoryView> histories,
                    std::span<const std::optional<Encoded>> encoded,
                    const std::vector<std::size_t>& asked, int horizon, const std::string& method,
                    std::vector<Forecast>& forecasts) {
  const at::NoGradGuard no_gradients;
  for (std::size_t first = 0; first < asked.size(); first += kChunk) {
    const std::size_t last = std::min(asked.size(), first + kChunk);
    std::vector<const Encoded*> chunk;
    for (std::size_t k = first; k < last; ++k) chunk.push_back(&*encoded[asked[k]]);
    const at::Tensor answer =
        quantiles(one, batch_of(std::span<const Encoded* const>(chunk), 1)).contiguous();
    const float* next = answer.data_ptr<float>();
    for (std::size_t k = first; k < last; ++k, next += kNetHorizon * kQuantileLevels.size()) {
      const std::size_t i = asked[k];
      forecasts[i] = unscaled(histories[i], *encoded[i], next, horizon, method);
    }
  }
}

}  // namespace

Status check_histories(std::span<const HistoryView> histories, int horizon) {
  if (auto valid = check_horizon(horizon); !valid) return valid;
  for (std::size_t i = 0; i < histories.size(); ++i) {
    if (auto window = known_window(histories[i], kRecent, i); !window) return fail(window.error());
  }
  return {};
}

Forecast unscaled(const HistoryView& history, const Encoded& encoded, const float* quantiles,
                  int horizon, const std::string& method) {
  Forecast forecast = forecast_after(history, method);
  forecast.steps.resize(static_cast<std::size_t>(horizon));
  for (std::size_t h = 0; h < forecast.steps.size(); ++h) {
    const float* step =
        quantiles + std::min<std::size_t>(h, kNetHorizon - 1) * kQuantileLevels.size();
    for (std::size_t q = 0; q < kQuantileLevels.size(); ++q) {
      const double value = encoded.level + encoded.spread * static_cast<double>(step[q]);
      const double whole = encoded.whole ? std::nearbyint(value) : value;
      forecast.steps[h][q] = std::clamp(whole, 0.0, 1e3 * kDemandMax);
    }
  }
  return forecast;
}

Networks::Networks(const ForecasterArtifact& artifact) {
  for (const TrainedNetwork& network : artifact.networks) {
    weights_[static_cast<std::size_t>(network.shape.regime)] =
        from_payload(network.weights, network.shape);
  }
}

Regime Networks::regime_for(const HistoryView& history) const {
  const Regime wanted = regime_of(history.values.size());
  if (!weights(wanted).empty()) return wanted;
  return wanted == Regime::kShort ? Regime::kLong : Regime::kShort;
}

std::optional<Encoded> Networks::read(const HistoryView& history) const {
  auto encoded = encode(history, regime_for(history));
  if (encoded && encoded->steady) return std::nullopt;
  return encoded;
}

std::vector<Forecast> forecast_all(const Networks& networks, std::span<const HistoryView> histories,
                                   std::span<const std::optional<Encoded>> encoded, int horizon,
                                   const std::string& method) {
  std::vector<Forecast> forecasts(histories.size());
  for (const Regime regime : kRegimes) {
    std::vector<std::size_t> asked;
    for (std::size_t i = 0; i < histories.size(); ++i) {
      if (encoded[i] && encoded[i]->regime == regime) asked.push_back(i);
    }
    forecast_asked(networks.weights(regime), histories, encoded, asked, horizon, method, forecasts);
  }
  return forecasts;
}

Status fill_with_ses(std::span<const HistoryView> histories, int horizon,
                     std::vector<Forecast>& forecasts) {
  const auto ses = make_forecaster("ses");
  if (!ses) return fail(ses.error());
  for (std::size_t i = 0; i < forecasts.size(); ++i) {
    if (!forecasts[i].steps.empty()) continue;
    auto one = (*ses)->forecast(histories.subspan(i, 1), horizon);
    if (!one) return fail(one.error());
    forecasts[i] = std::move(one->front());
  }
  return {};
}

}  // namespace starling::net
