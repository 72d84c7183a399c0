// Progress of a long training on standard error: loss, rate, time left.
#pragma once

#include <chrono>

#include "forecast/meta/maml.h"

namespace starling::lab {

/// On a terminal one line that is rewritten; elsewhere a new line every ten seconds.
class TrainingProgress {
 public:
  TrainingProgress();
  /// The form that meta_train calls; always returns true: go on.
  bool operator()(const MetaProgress& progress);

 private:
  using SteadyClock = std::chrono::steady_clock;
  bool terminal_;
  SteadyClock::time_point began_;
  SteadyClock::time_point shown_;
};

}  // namespace starling::lab
