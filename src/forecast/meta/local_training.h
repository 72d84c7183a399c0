// Training on one node's windows, a stretch at a time: between stretches the weights may be
// replaced by what came of them and of others'.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "forecast/federated/privacy.h"
#include "forecast/net/artifact.h"
#include "forecast/net/examples.h"

namespace starling {

struct LocalTrainingOptions {
  NetworkShape shape;
  std::uint64_t seed = 7;
  int steps = 400;  // in all; the rate falls over them
  int batch = 64;   // windows a step
  double rate =
      2e-3;  // rises over the first twentieth of the steps, then falls to zero along a cosine
  double decay = 1e-2;  // of the weights
  federated::PrivacyOptions privacy{};
};

/// Windows to learn from. The examples outlive it. One thread; the same input gives the same
/// weights.
class LocalTrainer {
 public:
  LocalTrainer(std::vector<const Example*> windows, const LocalTrainingOptions& options);
  LocalTrainer(LocalTrainer&&) noexcept;
  ~LocalTrainer();

  /// So many steps of AdamW from `weights`; the optimiser's moments go on from the last call.
  std::vector<float> train(const std::vector<float>& weights, int steps);
  std::size_t windows() const;
  /// What all steps so far give away of one window; 0 without noise in training only if none was
  /// done, otherwise infinite.
  double epsilon() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Windows to judge by.
class WindowJudge {
 public:
  WindowJudge(std::span<const Example* const> windows, const NetworkShape& shape);
  WindowJudge(WindowJudge&&) noexcept;
  ~WindowJudge();

  /// Mean pinball loss, in spreads of each window; infinite for weights that give none.
  double loss(const std::vector<float>& weights) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Weights before any training.
std::vector<float> untrained_weights(const NetworkShape& shape, std::uint64_t seed);

}  // namespace starling
