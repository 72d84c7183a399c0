// Forecasts for a fleet's models: a mix of experts that each model's own past weighs, calibrated by
// what came of earlier forecasts.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "forecast/forecaster.h"
#include "forecast/net/artifact.h"
#include "forecast/online/model_track.h"

namespace starling {

struct NamedHistory {
  std::string model;
  HistoryView history;
  std::string family = {};  // of models that one copy of the weights may be adapted to: a tenant
};

/// What adapting to one model came to. Losses are mean pinball losses, in units of each window's
/// spread, on the newest windows, which the adaptation did not see.
struct AdaptReport {
  std::string model;
  bool adapted = false;    // whether it has weights of its own now
  double loss_before = 0;  // of the shared weights; 0 when there were too few windows to tell
  double loss_after = 0;   // of the adapted weights
  int support = 0;         // windows that were learned from
  int held_back = 0;       // windows that judged
  std::string reason;      // one sentence, for people
};

struct OnlineOptions {
  int models_max = 4096;    // adapted at a time (3 kB each); the least recently adapted goes first
  int tracks_max = 4096;    // models whose forecasts are scored (30 kB each), likewise
  double gain_min = 0.01;   // share of the held-back loss that adaptation must take off
  TrackOptions track = {};  // how experts are weighed and quantiles calibrated
};

/// The experts are the network with its shared weights, the same with weights adapted to the model
/// (where `adapt` kept some), the same with weights adapted to the model's family (where
/// `set_families` gave some), exponential smoothing, theta, the seasonal naive value (where the
/// history names a season and holds one) and the last value. ModelTrack mixes them by what they
/// lost of late and calibrates the mix; the first forecast of a model trusts them by the prior,
/// mostly the network. Simple experts that are hardly trusted are not asked every time.
///
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

  /// One forecast a history, in their order; each call also learns from what came of earlier ones.
  /// Forecast::method is "mix(net-3f2a90c1)", with the version of the shared weights, or "mix"
  /// while the network cannot speak (the last 64 points hold fewer than 8 known ones, or only
  /// zeros); `experts`, `coverage` and `drift` are set. Steps beyond the fifteenth repeat the
  /// network's fifteenth. Drift drops the model's own weights. Errors: a history without a known
  /// value, horizon < 1; then nothing is learned.
  Result<std::vector<Forecast>> forecast(std::span<const NamedHistory> histories, int horizon);

  /// Points that catch_up() is worth its work for, of a model with a long past.
  static constexpr int kCatchUpPoints = 128;
  /// Makes up for the time when these models were not forecast here: forecasts each of the last
  /// `points` points (fewer where the history is short) as if it had been there, and learns from
  /// what came. As much work as so many forecasts.
  Status catch_up(std::span<const NamedHistory> histories, int horizon, int points);

  /// Adapts to each model's own past in `steps` gradient steps (0: as many as the weights were
  /// meta-learned for), from the weights it already has of its own or else from the shared ones,
  /// and keeps the result only if it forecast the newest quarter of that past better than the
  /// shared weights. It holds until the next call, which judges anew; a model with too little past
  /// has none.
  std::vector<AdaptReport> adapt(std::span<const NamedHistory> histories, int steps = 0);
  /// Windows of this history that one adaptation learns from and is judged by: its work, in no unit
  /// of time.
  static std::int64_t adaptation_work(const HistoryView& history);

  bool is_adapted(const std::string& model) const;
  /// A model's own weights as bytes for another node's forecaster (half floats); empty: it has
  /// none.
  std::string film(const std::string& model) const;
  /// Goes on with weights that another node's forecaster gave a model; adapt() judges them anew.
  /// Empty: the model has none. Errors, which change nothing: bytes of another form, of other
  /// shared weights, or with a value that is not finite.
  Status take_film(const std::string& model, const std::string& bytes);
  /// Models that drifted since the last call, in the order in which they were noticed.
  std::vector<std::string> take_drifted();
  /// Drops what was learned for a model, for instance when it is deleted.
  void forget(const std::string& model);

  /// One adapted copy of the shared weights for each family named (pooled.h); other families have
  /// none from now on.
  void set_families(const std::map<std::string, ForecasterArtifact>& copies);
  /// Goes on with other shared weights: weights of the models' and families' own, made from the old
  /// ones, are dropped; trust in experts, calibration and coverage stay. live_loss begins anew.
  void replace(const ForecasterArtifact& artifact);
  /// The shared network beside exponential smoothing, since the weights were taken on.
  PairedLosses live_loss() const;
  /// "net-3f2a90c1"
  const std::string& method() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace starling
