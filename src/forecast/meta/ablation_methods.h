// The ways of turning learned weights into forecasts of one task that an ablation compares.
// Internal: libtorch types.
#pragma once

#include <functional>
#include <vector>

#include "forecast/meta/ablation_tasks.h"
#include "forecast/meta/meta_learning.h"

namespace starling::meta {

/// How a task's own past is used.
enum class Readout {
  kNone,       // not beyond what the network reads
  kInnerLoop,  // as the algorithm adapts
  kGated,      // likewise, kept where it lowered the loss on the newest quarter of the support
  kFineTuned,  // all weights, at the rate that did best on tasks of the training sets
  kHeadTuned,  // the head alone, likewise
  kFilmTuned,  // the film alone (film.h), likewise
  kFilmGated,  // likewise, gated
  kScratch,    // all weights, by Adam from random ones
  kFamily,     // one copy a judged set, adapted to all its pasts together
  kCluster,    // one copy a cluster of pasts
};

/// What a read-out needs beside the weights and the tasks.
struct ReadoutContext {
  Algorithm algorithm = Algorithm::kControl;
  InnerLoop inner;
  NetworkShape shape;
  std::uint64_t seed = 0;
  std::vector<JudgedTask> tuning;  // of the training sets, to choose a rate by
};

/// WQL numerators of the tasks, in their order, as JudgedTask::naive.
std::vector<double> numerators(Readout readout, const Learned& learned,
                               const std::vector<JudgedTask>& tasks, const ReadoutContext& context);

}  // namespace starling::meta
