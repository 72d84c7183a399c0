// Progress of a long training on standard error: losses, rate, time left.
#pragma once

#include "apps/lab/long_run.h"
#include "forecast/net/training.h"

namespace starling::lab {

class TrainingProgress {
 public:
  TrainingProgress() { note_interrupts(); }
  /// The form that train_network calls; returns whether to go on, which a first Ctrl-C ends.
  bool operator()(const TrainingState& state);

 private:
  ProgressLine line_;
  int first_step_ = -1;  // a resumed training begins in the middle
};

}  // namespace starling::lab
