// Histories to forecasts through given weights. Internal: names libtorch types.
#pragma once

#include <optional>
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

/// The shared weights of an artefact: one network (T = 1) for each regime.
class Networks {
 public:
  explicit Networks(const ForecasterArtifact& artifact);
  /// What this history is encoded for: the regime of its length, or the other one where the
  /// artefact holds no network for it.
  Regime regime_for(const HistoryView& history) const;
  /// The history as the networks are asked. Nothing where encode() has nothing, and for a steady
  /// count of days: its last value is the forecast that no network improves on (on the workloads
  /// that it was trained on it made half as much error again).
  std::optional<Encoded> read(const HistoryView& history) const;
  const Weights& weights(Regime regime) const { return weights_[static_cast<std::size_t>(regime)]; }

 private:
  std::array<Weights, kRegimes.size()> weights_;  // empty where there is no network
};

/// All histories through the networks of their regimes. `encoded[i]` belongs to `histories[i]`;
/// those without are left out of the batch and get an empty forecast.
std::vector<Forecast> forecast_all(const Networks& networks, std::span<const HistoryView> histories,
                                   std::span<const std::optional<Encoded>> encoded, int horizon,
                                   const std::string& method);

/// Replaces the empty forecasts (of histories that the networks were not asked) by exponential
/// smoothing.
Status fill_with_ses(std::span<const HistoryView> histories, int horizon,
                     std::vector<Forecast>& forecasts);

}  // namespace starling::net
