// Implements forecast/meta/meta_training.h.
#include "forecast/meta/meta_training.h"

#include <fmt/ranges.h>

#include <optional>

#include "base/nearest.h"
#include "forecast/meta/meta_learning.h"

namespace starling {
namespace {

std::optional<meta::Algorithm> algorithm_named(const std::string& name) {
  for (const auto algorithm : {meta::Algorithm::kFilmMaml, meta::Algorithm::kMaml,
                               meta::Algorithm::kFomaml, meta::Algorithm::kAnil}) {
    if (name == meta::algorithm_name(algorithm)) return algorithm;
  }
  return std::nullopt;
}

}  // namespace

const std::vector<std::string>& meta_algorithms() {
  static const std::vector<std::string> kNames{"film-maml", "maml", "fomaml", "anil"};
  return kNames;
}

Result<TrainedNetwork> meta_train_network(
    const std::vector<TrainingSet>& sets, const MetaTrainingOptions& options,
    const std::function<bool(const TrainingState&)>& progress) {
  const auto algorithm = algorithm_named(options.algorithm);
  if (!algorithm) {
    return fail(ErrorCode::kInvalid, "algorithm: '{}' is none{}; there are {}", options.algorithm,
                did_you_mean(options.algorithm, meta_algorithms()),
                fmt::join(meta_algorithms(), ", "));
  }
  std::vector<meta::TaskSet> tasks;
  for (const TrainingSet& set : sets) {
    tasks.push_back(
        meta::task_set(set.name, set.weight, set.workloads, options.seed, options.regime));
  }
  const meta::LearningOptions learning{
      .algorithm = *algorithm,
      .seed = options.seed,
      .regime = options.regime,
      .hidden = options.hidden,
      .steps = options.steps,
      .inner = {.steps = options.inner_steps, .rate = options.inner_rate},
      .outer_rate = options.outer_rate};
  const auto learned = meta::learn(tasks, learning, progress);
  if (!learned) return fail(learned.error());
  return meta::network_of(*learned, learning);
}

}  // namespace starling
