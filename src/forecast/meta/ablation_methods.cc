// Implements forecast/meta/ablation_methods.h.
#include "forecast/meta/ablation_methods.h"

#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

#include "forecast/meta/anil.h"
#include "forecast/meta/pooled.h"
#include "forecast/net/adamw.h"

namespace starling::meta {
namespace {

constexpr std::size_t kTasksAtOnce = 16;  // bounds the memory of a batch of adapted networks
constexpr std::array<double, 6> kTunedRates{0.006, 0.02, 0.06, 0.2, 0.6, 2};
constexpr int kScratchSteps = 150;
constexpr double kScratchRate = 3e-3;
constexpr int kClusters = 4;
constexpr double kNoClip = 1e9;
constexpr std::int64_t kLevelFirst = 1, kLevels = 9;  // 0.1 … 0.9

using Examples = std::vector<const std::vector<Example>*>;

/// Examples [first share, last share) of several tasks as one batch, filled up with gaps.
net::Batch padded(const Examples& tasks, double first_share = 0, double last_share = 1) {
  std::vector<std::vector<const Example*>> parts;
  std::size_t longest = 1;
  for (const auto* task : tasks) {
    auto& part = parts.emplace_back();
    const auto at = [&](double share) {
      return static_cast<std::size_t>(share * static_cast<double>(task->size()));
    };
    for (std::size_t i = at(first_share); i < at(last_share); ++i) part.push_back(&(*task)[i]);
    longest = std::max(longest, part.size());
  }
  std::vector<const Example*> examples;
  for (auto& part : parts) {
    part.resize(longest, nullptr);
    examples.insert(examples.end(), part.begin(), part.end());
  }
  return net::batch_of(std::span<const Example* const>(examples),
                       static_cast<std::int64_t>(tasks.size()));
}

/// 2·Σ pinball / 9 in each workload's own unit, [T].
at::Tensor numerators_of(const net::Weights& weights, const Examples& tasks) {
  const at::NoGradGuard no_gradients;
  const net::Batch batch = padded(tasks);
  at::Tensor spreads = at::zeros({batch.inputs.size(0), batch.inputs.size(1), 1, 1});
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    for (std::size_t i = 0; i < tasks[t]->size(); ++i) {
      spreads[static_cast<std::int64_t>(t)][static_cast<std::int64_t>(i)].fill_(
          (*tasks[t])[i].history.spread);
    }
  }
  at::Tensor levels = at::empty({1, 1, 1, kLevels});
  for (std::int64_t q = 0; q < kLevels; ++q) {
    levels.data_ptr<float>()[q] =
        static_cast<float>(kQuantileLevels[static_cast<std::size_t>(kLevelFirst + q)]);
  }
  const at::Tensor miss =
      batch.outcome - net::quantiles(weights, batch).narrow(-1, kLevelFirst, kLevels);
  const at::Tensor loss = at::maximum(levels * miss, (levels - 1) * miss);
  return (loss * batch.known * spreads).to(at::kDouble).sum({1, 2, 3}) * (2.0 / kLevels);
}

/// Adapts copies of `from` to the support of each task.
using Adapt = std::function<net::Weights(const net::Weights& from, const net::Batch& support)>;

Adapt by_gradient(const InnerRates& rates, const InnerLoop& loop) {
  return [rates, loop](const net::Weights& from, const net::Batch& support) {
    const net::Weights start = net::detached(from, /*differentiable=*/true);
    return net::detached(
        follow_losses(start, by_own_layers(pinball_losses(support)), loop, rates, Order::kFirst),
        false);
  };
}

Adapt from_scratch(const NetworkShape& shape, std::uint64_t seed) {
  return [shape, seed](const net::Weights& from, const net::Batch& support) {
    Rng rng(seed);
    const auto tasks = from.front().size(0);
    net::Weights weights =
        net::detached(net::replicate(net::initial_weights(shape, rng), tasks), true);
    net::AdamW optimiser(weights, {.rate = kScratchRate, .norm_max = kNoClip});
    for (int step = 0; step < kScratchSteps; ++step) {
      optimiser.step(weights, pinball_gradient(weights, support).by_weight, 1);
    }
    return net::detached(weights, false);
  };
}

constexpr std::size_t kGateMin = 4;  // windows of a support, so that both sides of a gate have some

/// Adapted for the tasks on whose newest quarter of support that lost less than `from`; a task with
/// too few windows stays as it is.
net::Weights gated(const net::Weights& from, const Examples& support, const Adapt& adapt) {
  const net::Batch judges = padded(support, 0.75, 1);
  const net::Weights fast = adapt(from, padded(support, 0, 0.75));
  const at::NoGradGuard no_gradients;
  const at::Tensor before = net::pinball(net::quantiles(from, judges), judges);
  const at::Tensor after = net::pinball(net::quantiles(fast, judges), judges);
  at::Tensor keeps = (after < before).view({-1, 1, 1});
  for (std::size_t t = 0; t < support.size(); ++t) {
    if (support[t]->size() < kGateMin) keeps[static_cast<std::int64_t>(t)].fill_(false);
  }
  net::Weights chosen;
  for (std::size_t i = 0; i < from.size(); ++i) {
    chosen.push_back(at::where(keeps, fast[i], from[i]));
  }
  return chosen;
}

std::vector<double> adapted_numerators(const net::Weights& theta,
                                       const std::vector<JudgedTask>& tasks, const Adapt* adapt,
                                       bool gate = false) {
  std::vector<double> values;
  for (std::size_t first = 0; first < tasks.size(); first += kTasksAtOnce) {
    const std::size_t last = std::min(tasks.size(), first + kTasksAtOnce);
    Examples support, query;
    for (std::size_t t = first; t < last; ++t) {
      support.push_back(&tasks[t].support);
      query.push_back(&tasks[t].query);
    }
    net::Weights weights = net::replicate(theta, static_cast<std::int64_t>(last - first));
    const bool any_gate = std::any_of(support.begin(), support.end(), [](const auto* windows) {
      return windows->size() >= kGateMin;
    });
    if (adapt != nullptr && !gate) weights = (*adapt)(weights, padded(support));
    if (adapt != nullptr && gate && any_gate) weights = gated(weights, support, *adapt);
    const at::Tensor each = numerators_of(weights, query).contiguous();
    values.insert(values.end(), each.data_ptr<double>(), each.data_ptr<double>() + each.numel());
  }
  return values;
}

/// `rate` for a part of the weights.
using RatesOf = InnerRates (*)(const net::Weights& weights, double rate);

InnerRates rates_of_head(const net::Weights& weights, double rate) {
  return head_rates(weights, rate);
}

/// The rate with the lowest sum of relative losses on the tuning tasks.
InnerRates tuned_rates(const Learned& learned, const ReadoutContext& context, RatesOf part) {
  double best_loss = std::numeric_limits<double>::infinity();
  InnerRates best = part(learned.theta, kTunedRates[0]);
  for (const double rate : kTunedRates) {
    const InnerRates rates = part(learned.theta, rate);
    const Adapt adapt = by_gradient(rates, context.inner);
    const auto losses = adapted_numerators(learned.theta, context.tuning, &adapt);
    double loss = 0;
    for (std::size_t t = 0; t < losses.size(); ++t) {
      loss += losses[t] / std::max(1e-9, context.tuning[t].naive + losses[t]);
    }
    if (!(loss < best_loss)) continue;  // nor one that is no number
    best_loss = loss;
    best = rates;
  }
  return best;
}

std::vector<double> pooled_numerators(const Learned& learned, const std::vector<JudgedTask>& tasks,
                                      const ReadoutContext& context, bool clusters) {
  std::vector<Series> pasts;
  for (const JudgedTask& task : tasks) pasts.push_back(task.past);
  const std::vector<std::string> one_label(tasks.size(), "family");
  const auto families = clusters ? families_by_likeness(pasts, kClusters, context.seed)
                                 : families_by_label(one_label);
  ForecasterArtifact shared;
  shared.networks.push_back(
      {.shape = context.shape, .weights = net::to_payload(learned.theta), .held_out = {}});
  std::vector<double> values(tasks.size());
  for (const PooledCopy& pooled : adapt_pools(shared, pasts, families, {.seed = context.seed})) {
    std::vector<JudgedTask> members;
    for (const std::size_t i : pooled.family.workloads) members.push_back(tasks[i]);
    const net::Weights theta =
        pooled.copy ? net::from_payload(pooled.copy->artifact.networks[0].weights, context.shape)
                    : learned.theta;
    const auto some = adapted_numerators(theta, members, nullptr);
    for (std::size_t k = 0; k < some.size(); ++k) values[pooled.family.workloads[k]] = some[k];
  }
  return values;
}

}  // namespace

std::vector<double> numerators(Readout readout, const Learned& learned,
                               const std::vector<JudgedTask>& tasks,
                               const ReadoutContext& context) {
  const auto with = [&](const Adapt& adapt, bool gate = false) {
    return adapted_numerators(learned.theta, tasks, &adapt, gate);
  };
  const auto inner_loop = [&] {
    return by_gradient(rates_of(context.algorithm, learned, context.inner.rate), context.inner);
  };
  switch (readout) {
    case Readout::kNone:
      return adapted_numerators(learned.theta, tasks, nullptr);
    case Readout::kInnerLoop:
      return with(inner_loop());
    case Readout::kGated:
      return with(inner_loop(), true);
    case Readout::kFineTuned:
      return with(by_gradient(tuned_rates(learned, context, constant_rates), context.inner));
    case Readout::kHeadTuned:
      return with(by_gradient(tuned_rates(learned, context, rates_of_head), context.inner));
    case Readout::kFilmTuned:
      return with(by_gradient(tuned_rates(learned, context, film_rates), context.inner));
    case Readout::kFilmGated:
      return with(by_gradient(tuned_rates(learned, context, film_rates), context.inner), true);
    case Readout::kScratch:
      return with(from_scratch(context.shape, context.seed));
    case Readout::kFamily:
      return pooled_numerators(learned, tasks, context, false);
    case Readout::kCluster:
      break;
  }
  return pooled_numerators(learned, tasks, context, true);
}

}  // namespace starling::meta
