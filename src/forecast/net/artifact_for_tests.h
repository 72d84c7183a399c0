// A small network for tests: trained on waves for a moment, the same every time.
#pragma once

#include "forecast/net/training.h"
#include "forecast/workloads_for_tests.h"

namespace starling {

inline const ForecasterArtifact& artifact_for_tests() {
  static const ForecasterArtifact trained = [] {
    std::vector<TrainingSet> sets{{"waves", 1, seasonal_workloads(20, 300, 1)}};
    TrainingOptions options;
    options.regime = Regime::kLong;
    options.hidden = 16;
    options.steps = 100;
    options.batch = 48;
    options.rate = 1e-2;
    options.checks = 2;
    auto network = train_network(std::move(sets), options);
    ForecasterArtifact made;
    made.networks = {std::move(network).value()};
    made.inner_rate = 2;
    made.inner_steps = 3;
    made.seed = 7;
    made.data = "waves";
    return made;
  }();
  return trained;
}

}  // namespace starling
