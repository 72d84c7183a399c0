// Implements forecast/net/network.h.
#include "forecast/net/network.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>
#include <mutex>

#include "forecast/net/artifact.h"

namespace starling::net {
namespace {

constexpr std::int64_t kLevels = kQuantileLevels.size();
constexpr std::int64_t kMedian = 5;
constexpr double kLossKnee = 8;
constexpr double kNormEpsilon = 1e-5;
static_assert(kQuantileLevels[kMedian] == 0.5);

/// Layer normalisation with gain and shift of each task.
at::Tensor normalised(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& shift) {
  return at::layer_norm(x, {x.size(-1)}, {}, {}, kNormEpsilon) * gain + shift;
}

at::Tensor residual_block(const at::Tensor& x, const Weights& w, std::size_t first,
                          const Layer& layer, Dropout* dropout) {
  at::Tensor y = at::gelu(normalised(x, w[first], w[first + 1]));
  if (dropout != nullptr) y = (*dropout)(y);
  return x + layer(first + 2, y);
}

at::Tensor features(const Weights& w, const Batch& batch, const Layer& layer, Dropout* dropout) {
  at::Tensor x = layer(0, batch.inputs);
  x = residual_block(x, w, 2, layer, dropout);
  x = residual_block(x, w, 6, layer, dropout);
  return at::layer_norm(x, {x.size(-1)}, {}, {}, kNormEpsilon);
}

/// Quantiles of what the head gives, [T, B, kNetHorizon · outputs].
at::Tensor quantiles_of(const at::Tensor& head, const Batch& batch) {
  const std::int64_t bases = batch.bases.size(-1);
  const at::Tensor x = head.view({head.size(0), head.size(1), kNetHorizon, bases + kLevels});
  const at::Tensor gates = x.narrow(-1, 0, bases).softmax(-1);
  const at::Tensor move = x.narrow(-1, bases, 1);
  const at::Tensor median = (gates * batch.bases).sum(-1, true) + move;
  // Contiguous: element by element libtorch takes several times as long for it.
  const at::Tensor gaps = at::softplus(x.narrow(-1, bases + 1, kLevels - 1).contiguous());
  const at::Tensor above = gaps.narrow(-1, 0, kLevels - 1 - kMedian).cumsum(-1);
  const at::Tensor below = gaps.narrow(-1, kLevels - 1 - kMedian, kMedian).cumsum(-1).flip({-1});
  return at::maximum(at::cat({median - below, median, median + above}, -1), batch.zero);
}

at::Tensor from_floats(const std::vector<float>& values, at::IntArrayRef shape) {
  return at::from_blob(const_cast<float*>(values.data()), shape, at::kFloat).clone();
}

}  // namespace

Batch batch_of(std::span<const Encoded* const> histories, std::int64_t tasks) {
  const Regime regime = histories.front()->regime;
  const auto count = static_cast<std::int64_t>(histories.size());
  const auto inputs = static_cast<std::size_t>(inputs_of(regime));
  const auto bases = static_cast<std::size_t>(kNetHorizon * bases_of(regime));
  const std::int64_t each = count / tasks;
  Batch batch;
  batch.inputs = at::empty({tasks, each, inputs_of(regime)});
  batch.bases = at::empty({tasks, each, kNetHorizon, bases_of(regime)});
  batch.zero = at::empty({tasks, each, 1, 1});
  float* next_inputs = batch.inputs.data_ptr<float>();
  float* next_bases = batch.bases.data_ptr<float>();
  float* next_zero = batch.zero.data_ptr<float>();
  for (const Encoded* history : histories) {
    assert(history->inputs.size() == inputs && history->bases.size() == bases);
    next_inputs = std::copy_n(history->inputs.data(), inputs, next_inputs);
    next_bases = std::copy_n(history->bases.data(), bases, next_bases);
    *next_zero++ = history->zero;
  }
  return batch;
}

Batch batch_of(std::span<const Example* const> examples, std::int64_t tasks) {
  const auto given = std::find_if(examples.begin(), examples.end(),
                                  [](const Example* example) { return example != nullptr; });
  assert(given != examples.end());
  const Regime regime = (*given)->history.regime;
  Example nothing;
  nothing.history.regime = regime;
  nothing.history.inputs.resize(static_cast<std::size_t>(inputs_of(regime)));
  nothing.history.bases.resize(static_cast<std::size_t>(kNetHorizon * bases_of(regime)));
  std::vector<const Encoded*> histories;
  std::vector<float> outcome, known, weight;
  for (const Example* example : examples) {
    const Example& one = example != nullptr ? *example : nothing;
    histories.push_back(&one.history);
    outcome.insert(outcome.end(), one.outcome.begin(), one.outcome.end());
    known.insert(known.end(), one.known.begin(), one.known.end());
    weight.push_back(one.weight);
  }
  Batch batch = batch_of(std::span<const Encoded* const>(histories), tasks);
  const std::int64_t each = static_cast<std::int64_t>(examples.size()) / tasks;
  batch.outcome = from_floats(outcome, {tasks, each, kNetHorizon, 1});
  batch.known = from_floats(known, {tasks, each, kNetHorizon, 1});
  batch.weight = from_floats(weight, {tasks, each});
  return batch;
}

Dropout::Dropout(double share, std::uint64_t seed)
    : share_(share), generator_(at::make_generator<at::CPUGeneratorImpl>(seed)) {}

at::Tensor Dropout::operator()(const at::Tensor& x) {
  const at::Tensor kept = at::empty_like(x).bernoulli_(1 - share_, generator_);
  return x * kept * (1 / (1 - share_));
}

Layer layers_of(const Weights& weights) {
  return [&weights](std::size_t matrix, const at::Tensor& x) {
    return at::baddbmm(weights[matrix + 1], x, weights[matrix]);
  };
}

at::Tensor features(const Weights& w, const Batch& batch, Dropout* dropout) {
  return features(w, batch, layers_of(w), dropout);
}

at::Tensor read_out(const at::Tensor& features, const at::Tensor& gain, const at::Tensor& shift,
                    const at::Tensor& head_weight, const at::Tensor& head_bias,
                    const Batch& batch) {
  const at::Tensor scaled = features * gain + shift;
  // One head for all tasks is one product of many rows.
  return quantiles_of(head_weight.size(0) == scaled.size(0)
                          ? at::baddbmm(head_bias, scaled, head_weight)
                          : at::matmul(scaled, head_weight[0]) + head_bias,
                      batch);
}

at::Tensor quantiles(const Weights& w, const Batch& batch, Dropout* dropout) {
  return read_out(features(w, batch, dropout), w[kReadOutGain], w[kReadOutShift], w[kHeadWeight],
                  w[kHeadBias], batch);
}

at::Tensor quantiles(const Weights& w, const Batch& batch, const Layer& layer) {
  const at::Tensor read = features(w, batch, layer, nullptr) * w[kReadOutGain] + w[kReadOutShift];
  return quantiles_of(layer(kHeadWeight, read), batch);
}

at::Tensor example_losses(const at::Tensor& forecast, const Batch& batch) {
  static const at::Tensor levels = [] {
    std::vector<float> values(kQuantileLevels.begin(), kQuantileLevels.end());
    return from_floats(values, {1, 1, 1, kLevels});
  }();
  const at::Tensor miss = batch.outcome - forecast;
  // The greater of q·miss and (q − 1)·miss; its gradient costs less than that of a maximum.
  const at::Tensor loss = (levels * miss - miss.clamp_max(0)).mean(-1, true);
  const at::Tensor steps = batch.known.sum({-2, -1});  // [T, B]
  const at::Tensor each = (loss * batch.known).sum({-2, -1}) / steps.clamp_min(1);
  const at::Tensor compressed = kLossKnee * (1 + (each.clamp_min(kLossKnee) / kLossKnee).log());
  return at::where(each > kLossKnee, compressed, each);
}

at::Tensor pinball(const at::Tensor& forecast, const Batch& batch) {
  const at::Tensor counted = (batch.known.sum({-2, -1}) > 0).to(at::kFloat) * batch.weight;
  return (example_losses(forecast, batch) * counted).sum(-1) / counted.sum(-1).clamp_min(1e-3);
}

Weights initial_weights(const NetworkShape& network, Rng& rng) {
  Weights weights;
  for (const WeightShape& shape : weight_shapes(network)) {
    at::Tensor tensor = at::zeros({1, shape.rows, shape.columns});
    if (shape.name.ends_with(".gain")) tensor.fill_(1);
    if (shape.name.ends_with(".weight")) {
      // Variance 1/fan-in; the head starts small, as a plain mean of the bases.
      const double scale = (shape.name == "head.weight" ? 0.1 : 1.0) / std::sqrt(shape.rows);
      float* values = tensor.data_ptr<float>();
      for (std::int64_t i = 0; i < tensor.numel(); ++i) {
        values[i] = static_cast<float>(scale * rng.normal());
      }
    }
    weights.push_back(tensor);
  }
  // softplus(−1.5) ≈ 0.2: five gaps span about one spread to either side.
  at::Tensor bias = weights.back().view({kNetHorizon, outputs_per_step(network.regime)});
  bias.narrow(-1, bases_of(network.regime) + 1, kLevels - 1).fill_(-1.5);
  return weights;
}

Weights from_payload(const std::vector<float>& payload, const NetworkShape& network) {
  assert(static_cast<std::int64_t>(payload.size()) == weight_count(network));
  Weights weights;
  const float* next = payload.data();
  for (const WeightShape& shape : weight_shapes(network)) {
    at::Tensor tensor = at::empty({1, shape.rows, shape.columns});
    std::memcpy(tensor.data_ptr<float>(), next,
                static_cast<std::size_t>(tensor.numel()) * sizeof(float));
    next += tensor.numel();
    weights.push_back(tensor);
  }
  return weights;
}

std::vector<float> to_payload(const Weights& weights) {
  std::vector<float> payload;
  for (const at::Tensor& tensor : weights) {
    assert(tensor.size(0) == 1);
    const at::Tensor flat = tensor.detach().contiguous();
    payload.insert(payload.end(), flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel());
  }
  return payload;
}

Weights replicate(const Weights& one, std::int64_t tasks) {
  Weights copies;
  for (const at::Tensor& tensor : one) {
    copies.push_back(tensor.detach().expand({tasks, -1, -1}).clone(at::MemoryFormat::Contiguous));
  }
  return copies;
}

Weights detached(const Weights& weights, bool differentiable) {
  Weights copies;
  for (const at::Tensor& tensor : weights) {
    copies.push_back(tensor.detach().clone().requires_grad_(differentiable));
  }
  return copies;
}

void use_one_thread() {
  static std::once_flag once;
  std::call_once(once, [] {
    at::set_num_threads(1);
    at::set_num_interop_threads(1);
  });
}

}  // namespace starling::net
