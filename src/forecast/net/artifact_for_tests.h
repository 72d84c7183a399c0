// A small network for tests: trained on waves for a moment, the same every time.
#pragma once

#include "forecast/net/training.h"
#include "forecast/workloads_for_tests.h"

namespace starling {

inline const ForecasterArtifact& artifact_for_tests() {
  static const ForecasterArtifact trained = [] {
    std::vector<TrainingSet> sets{{"waves", 1, seasonal_workloads(20, 300, 1)}};
    auto network = train_network(std::move(sets), {.regime = Regime::kLong,
                                                   .hidden = 16,
                                                   .steps = 100,
                                                   .batch = 48,
                                                   .rate = 1e-2,
                                                   .checks = 2});
    return ForecasterArtifact{.networks = {std::move(network).value()},
                              .inner_rate = 2,
                              .inner_steps = 3,
                              .seed = 7,
                              .data = "waves",
                              .sources = {}};
  }();
  return trained;
}

}  // namespace starling
