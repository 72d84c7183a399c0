// Histories to forecasts through given weights. Internal: names libtorch types.
#pragma once

#include <string>

#include "forecast/forecaster.h"
#include "forecast/net/network.h"

namespace starling::net {

/// Whether every history can be forecast; the first one that cannot is the error.
Status check_histories(std::span<const HistoryView> histories, int horizon);

/// Fills a forecast's steps from the quantiles of one history, a contiguous [kNetHorizon, levels]
/// block in its scale. Steps beyond kNetHorizon repeat the last.
Forecast unscaled(const HistoryView& history, const Encoded& encoded, const float* quantiles,
                  int horizon, const std::string& method);

/// One network for all histories (T = 1). `encoded[i]` belongs to `histories[i]`; those without are
/// left out of the batch and get an empty forecast.
std::vector<Forecast> forecast_all(const Weights& one, std::span<const HistoryView> histories,
                                   std::span<const std::optional<Encoded>> encoded, int horizon,
                                   const std::string& method);

/// Replaces the empty forecasts (of histories too short for the network) by exponential smoothing.
Status fill_with_ses(std::span<const HistoryView> histories, int horizon,
                     std::vector<Forecast>& forecasts);

}  // namespace starling::net
