// The trained networks as a forecaster: thousands of histories in one batched
// call.
#pragma once

#include <filesystem>
#include <memory>

#include "forecast/forecaster.h"
#include "forecast/net/artifact.h"

namespace starling {

/// Forecasts with the weights as they are, without adaptation: each history by the network of its
/// length. `method` is "net-" and the version of the weights, or "ses" for a history whose last 64
/// points hold fewer than 8 known ones, or that was silent throughout. Steps beyond the fifteenth
/// repeat the fifteenth. Forecasts of counts that seldom change are whole. Deterministic; runs
/// libtorch on one thread. Calls may run in parallel.
class NetForecaster final : public Forecaster {
 public:
  /// Errors: those of read_artifact.
  static Result<std::unique_ptr<NetForecaster>> load(const std::filesystem::path& artifact);
  explicit NetForecaster(const ForecasterArtifact& artifact);
  ~NetForecaster() override;

  std::string name() const override;
  Result<std::vector<Forecast>> forecast(std::span<const HistoryView> histories,
                                         int horizon) const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace starling
