// The quantile network as plain functions of its weights. Internal to
// forecast/net and forecast/meta: it names libtorch types; the public headers
// beside it do not.
#pragma once

#include <ATen/ATen.h>

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "base/rng.h"
#include "forecast/net/artifact.h"
#include "forecast/net/examples.h"

namespace starling::net {

/// The weights of T networks side by side: each tensor is [T, rows, columns] in the order of
/// weight_shapes. One leading dimension for tasks lets T adapted networks run in the time of one
/// batched product.
using Weights = std::vector<at::Tensor>;

/// B histories for each of T networks.
struct Batch {
  at::Tensor inputs;   // [T, B, inputs]
  at::Tensor bases;    // [T, B, kNetHorizon, bases]
  at::Tensor zero;     // [T, B, 1, 1]
  at::Tensor outcome;  // [T, B, kNetHorizon, 1]; empty where there are no outcomes
  at::Tensor known;    // [T, B, kNetHorizon, 1]; likewise
  at::Tensor weight;   // [T, B]; likewise
};

/// `histories` in task-major order, all of one regime; their number is tasks · B.
Batch batch_of(std::span<const Encoded* const> histories, std::int64_t tasks);
/// The same with outcomes. A null example fills a gap: nothing of its outcome is known. At least
/// one example is not null.
Batch batch_of(std::span<const Example* const> examples, std::int64_t tasks);

/// What a layer gives for x [T, B, rows]: x times weights[matrix] plus the bias beside it,
/// weights[matrix + 1].
using Layer = std::function<at::Tensor(std::size_t matrix, const at::Tensor& x)>;
/// The layers of these weights, which must outlive it.
Layer layers_of(const Weights& weights);

/// Zeroes a share of a layer's outputs and scales up the rest; its own random stream.
class Dropout {
 public:
  Dropout(double share, std::uint64_t seed);
  at::Tensor operator()(const at::Tensor& x);

 private:
  double share_;
  at::Generator generator_;
};

/// Quantiles in the scale of the histories, [T, B, kNetHorizon, levels], not below `zero`, not
/// crossing: median = Σ softmax-weighted bases + shift, the others by cumulative softplus gaps from
/// it. In training `dropout` zeroes parts of the hidden layers.
at::Tensor quantiles(const Weights& weights, const Batch& batch, Dropout* dropout = nullptr);
/// The same with every matrix used through `layer` alone.
at::Tensor quantiles(const Weights& weights, const Batch& batch, const Layer& layer);

/// The network in two halves: what its trunk makes of each history, [T, B, hidden], normalised …
at::Tensor features(const Weights& weights, const Batch& batch, Dropout* dropout = nullptr);
/// … and quantiles from it, through the gain and the shift of the last normalisation and the head:
/// any of them [T, …], or [1, …] for all tasks.
at::Tensor read_out(const at::Tensor& features, const at::Tensor& gain, const at::Tensor& shift,
                    const at::Tensor& head_weight, const at::Tensor& head_bias, const Batch& batch);
/// Where these four stand in Weights.
inline constexpr std::size_t kReadOutGain = 10, kReadOutShift = 11, kHeadWeight = 12,
                             kHeadBias = 13;

/// Pinball loss of each example, mean over its known steps and the levels, [T, B]. A loss L counts
/// as 8·(1 + ln(L/8)) beyond 8, so that one burst out of a calm window does not outweigh all
/// others; 0 for an example without outcome.
at::Tensor example_losses(const at::Tensor& quantiles, const Batch& batch);

/// Mean of `example_losses` over each task's examples that have an outcome, by their weights, [T].
at::Tensor pinball(const at::Tensor& quantiles, const Batch& batch);

/// One network, initialised from `rng` so that it starts out as a mixture of its bases.
Weights initial_weights(const NetworkShape& shape, Rng& rng);
/// From and to the flat payload of an artefact; `to_payload` takes one network (T = 1).
Weights from_payload(const std::vector<float>& payload, const NetworkShape& shape);
std::vector<float> to_payload(const Weights& weights);

/// T copies that share no memory with the original.
Weights replicate(const Weights& one, std::int64_t tasks);
/// Copies without gradient history; they ask for gradients when `differentiable`.
Weights detached(const Weights& weights, bool differentiable);

/// Sets one thread for all of libtorch: the fastest at these sizes, and the only reproducible
/// number.
void use_one_thread();

}  // namespace starling::net
