// Forecasts for a fleet's models, each with weights of its own where adapting them has paid.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "forecast/forecaster.h"
#include "forecast/net/artifact.h"

namespace starling {

struct NamedHistory {
  std::string model;
  HistoryView history;
};

/// What adapting to one model came to. Losses are mean pinball losses, in units of each window's
/// spread, on the newest windows, which the adaptation did not see.
struct AdaptReport {
  std::string model;
  bool adapted = false;    // whether its forecasts now come from its own weights
  bool smoothed = false;   // whether they now come from exponential smoothing
  double loss_before = 0;  // of the shared weights; 0 when there were too few windows to tell
  double loss_after = 0;   // of the adapted weights
  double loss_ses = 0;     // of exponential smoothing
  int support = 0;         // windows that were learned from
  int held_back = 0;       // windows that judged
  std::string reason;      // one sentence, for people
};

struct OnlineOptions {
  int models_max =
      256;  // adapted at a time (0.4 MB each); the least recently adapted one goes first
  double gain_min = 0.01;  // share of the held-back loss that adaptation must take off
  double ses_gain_min =
      0.02;  // share that smoothing must take off the network\'s loss to replace it
};

/// Not thread safe. Deterministic: the same calls give the same forecasts.
class OnlineForecaster {
 public:
  /// Errors: those of read_artifact.
  static Result<OnlineForecaster> load(const std::filesystem::path& artifact,
                                       const OnlineOptions& options = {});
  explicit OnlineForecaster(const ForecasterArtifact& artifact, const OnlineOptions& options = {});
  ~OnlineForecaster();
  OnlineForecaster(OnlineForecaster&&) noexcept;
  OnlineForecaster& operator=(OnlineForecaster&&) noexcept;

  /// One forecast a history, in their order. Forecast::method is "net-3f2a" (the version of the
  /// weights), "net-3f2a+adapted", or "ses" for a model that `adapt` found better smoothed and for
  /// a history whose last 64 points hold fewer than 8 known ones, or only zeros. Steps beyond the
  /// twelfth repeat the twelfth. Errors: a history without a known value, horizon < 1.
  Result<std::vector<Forecast>> forecast(std::span<const NamedHistory> histories,
                                         int horizon) const;

  /// Adapts to each model's own past in `steps` gradient steps from the shared weights (0: as many
  /// as they were meta-learned for), and keeps the result only if it forecast the newest quarter of
  /// that past better. Where exponential smoothing forecast it better still, as it does for demand
  /// unlike all that the weights were trained on, that model is smoothed. Both hold until the next
  /// call, which judges anew; a model with too little past goes back to the shared weights.
  std::vector<AdaptReport> adapt(std::span<const NamedHistory> histories, int steps = 0);

  bool is_adapted(const std::string& model) const;
  /// Drops what was learned for a model, for instance when it is deleted.
  void forget(const std::string& model);
  /// "net-3f2a"
  const std::string& method() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace starling
