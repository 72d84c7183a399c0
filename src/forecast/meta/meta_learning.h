// Learns shared weights over many tasks by any of the algorithms, or by none: the control.
// Internal: libtorch types.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "forecast/meta/inner_loop.h"
#include "forecast/meta/tasks.h"
#include "forecast/net/training.h"

namespace starling::meta {

/// The last two have no inner loop: kControl learns the query windows of the very episodes that the
/// others adapt to and learn from, kControlBoth also the support windows, as Reptile does.
/// kFilmMaml is MAML whose inner loop moves the film alone, as agents adapt.
enum class Algorithm {
  kMaml,
  kFomaml,
  kReptile,
  kAnil,
  kMetaSgd,
  kFilmMaml,
  kControl,
  kControlBoth
};
const char* algorithm_name(Algorithm algorithm);

/// Tasks of one origin.
struct TaskSet {
  std::string name;
  double weight = 1;  // its share of the tasks drawn, relative to the other sets
  std::vector<MetaTask> tasks;
  std::vector<MetaTask> held_out = {};  // of other workloads: they judge when to stop
};

/// Workloads as tasks, each at its own step and, to augment them in time, at those of two, five and
/// ten steps that are at most ten minutes. Nothing is augmented in scale: the encoding does not
/// depend on the unit, so a workload times any factor is the same task. Of ten workloads or more
/// one in ten is held out, at every step.
TaskSet task_set(const std::string& name, double weight, std::span<const Series> workloads,
                 std::uint64_t seed, Regime regime);

struct LearningOptions {
  Algorithm algorithm = Algorithm::kMaml;
  std::uint64_t seed = 7;
  Regime regime = Regime::kShort;
  int hidden = 64;
  int steps = 1500;  // outer steps
  int tasks = 16;    // workloads a step
  int support = 16;  // windows that the inner loop learns from
  int query = 8;     // windows that follow them, that the outer loop judges by
  InnerLoop inner = {.steps = 5, .rate = 0.02};
  double outer_rate = 2e-3;  // rises over the first steps, then falls to zero along a cosine
  int checks = 10;           // times that held-out tasks judge; the best weights are kept
};

struct Learned {
  net::Weights theta;
  net::Weights log_rates;    // of Meta-SGD only
  int steps = 0;             // outer steps after which theta did best
  double held_out_loss = 0;  // query loss of held-out tasks, adapted as the algorithm adapts
};

/// Episodes: a set by its weight, one of its workloads, a cut in its time; support before, query
/// after. AdamW on the outer gradient, a running mean of the weights. One task in ten of every set
/// of ten or more is kept out; they choose among the checks (early stopping). Same tasks and
/// options, same bytes. Errors: no task, options out of range, a loss that is not finite, stopped
/// by `go_on`, which is asked after each step.
Result<Learned> learn(std::span<const TaskSet> sets, const LearningOptions& options,
                      const std::function<bool(const TrainingState&)>& go_on = {});

/// What was learned as a network of an artefact.
TrainedNetwork network_of(const Learned& learned, const LearningOptions& options);

/// The rates with which weights that this algorithm learned are adapted.
InnerRates rates_of(Algorithm algorithm, const Learned& learned, double rate);

}  // namespace starling::meta
