// Progress of a long training on standard error: losses, rate, time left.
#pragma once

#include <chrono>

#include "forecast/net/training.h"

namespace starling::lab {

/// On a terminal one line that is rewritten; elsewhere a new line every ten seconds.
class TrainingProgress {
 public:
  TrainingProgress();
  /// The form that train_network calls; returns whether to go on, which a first Ctrl-C ends.
  bool operator()(const TrainingState& state);

 private:
  using SteadyClock = std::chrono::steady_clock;
  bool terminal_;
  SteadyClock::time_point began_;
  SteadyClock::time_point shown_;
  int first_step_ = -1;  // a resumed training begins in the middle
};

}  // namespace starling::lab
