// How well the control plane tells dead nodes from slow ones: a simulated fleet on a bad network,
// in which a node crashes now and then.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "control/failure_detector.h"
#include "sim/world.h"

namespace starling {

/// A fleet, its network and its detector; the same for all seeds.
struct DetectionSetup {
  int nodes = 30;
  NetworkFaults network;
  DetectorOptions detector;
  Duration span{1h};          // of virtual time
  Duration crash_every{60s};  // a node taken by chance; 0: none ever
  Duration down_for{15s};     // then it starts again
};

/// What one run counted.
struct DetectionOutcome {
  std::uint64_t seed = 0;
  Duration span{};  // that was run
  int crashes = 0;
  /// How often a node declared one dead that was up.
  int false_deaths = 0;
  /// From a crash until each of the others declared the node dead, seconds, to 50 ms.
  std::vector<double> detection_s;
  /// Others that had not, when the node was back.
  int undetected = 0;
};

/// The same setup and seed: the same outcome. `progress` hears of the virtual time that has passed
/// and says whether to go on; the outcome is of the part that was run.
DetectionOutcome run_detection(const DetectionSetup& setup, std::uint64_t seed,
                               const std::function<bool(Duration)>& progress = {});

}  // namespace starling
