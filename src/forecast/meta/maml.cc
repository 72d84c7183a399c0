// Implements forecast/meta/maml.h.
#include "forecast/meta/maml.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "forecast/meta/inner_loop.h"
#include "forecast/net/adamw.h"

namespace starling {
namespace {

constexpr int kExamplesMax = 240;           // of one workload: more of the same teach little
constexpr int kShortenedMax = 4 * kRecent;  // points of a shortened past
constexpr double kAverageDecay = 0.995;     // of the weights that ship, over the outer steps
constexpr double kProgressDecay = 0.98;

/// The support and query windows of one outer step, drawn from `count` workloads.
struct Episode {
  net::Batch support;
  net::Batch query;
};

Episode draw_episode(std::span<const MetaTask> tasks, const MetaOptions& options, Rng& rng) {
  std::vector<const Example*> support, query;
  for (int t = 0; t < options.tasks; ++t) {
    const MetaTask& task = tasks[rng.below(tasks.size())];
    // The cut between past and future; both sides take the examples nearest to it.
    const auto cut = static_cast<std::int64_t>(1 + rng.below(task.size() - 1));
    for (std::int64_t k = 1; k <= options.support; ++k) {
      support.push_back(cut - k >= 0 ? &task[static_cast<std::size_t>(cut - k)] : nullptr);
    }
    for (std::int64_t k = 0; k < options.query; ++k) {
      const auto i = static_cast<std::size_t>(cut + k);
      query.push_back(i < task.size() ? &task[i] : nullptr);
    }
  }
  return {net::batch_of(std::span<const Example* const>(support), options.tasks),
          net::batch_of(std::span<const Example* const>(query), options.tasks)};
}

/// First-order MAML: the gradient of Σ_i L_i(θ'_i) is taken with respect to θ'_i and applied to θ
/// (∂θ'_i/∂θ ≈ 1). Mixed with the gradient of Σ_i L_i(θ), which keeps θ good on its own.
struct OuterGradient {
  std::vector<at::Tensor> by_weight;
  double loss = 0;
  double loss_adapted = 0;
};

OuterGradient outer_gradient(const net::Weights& theta, const Episode& episode,
                             const MetaOptions& options) {
  const std::int64_t tasks = options.tasks;
  const meta::InnerLoop loop{.steps = options.inner_steps, .rate = options.inner_rate};
  const net::Weights copies = net::detached(net::replicate(theta, tasks), true);
  const net::Weights fast = net::detached(meta::adapted(copies, episode.support, loop), true);
  const meta::Gradient plain = meta::pinball_gradient(copies, episode.query);
  const meta::Gradient after = meta::pinball_gradient(fast, episode.query);

  OuterGradient outer;
  outer.loss = plain.losses.mean().item<double>();
  outer.loss_adapted = after.losses.mean().item<double>();
  for (std::size_t i = 0; i < theta.size(); ++i) {
    const at::Tensor mixed = options.adapted_share * after.by_weight[i] +
                             (1 - options.adapted_share) * plain.by_weight[i];
    outer.by_weight.push_back(mixed.mean(0, true));
  }
  return outer;
}

Status check(std::span<const MetaTask> tasks, const MetaOptions& options) {
  if (tasks.empty()) {
    return fail(ErrorCode::kInvalid,
                "nothing to train on: a workload needs at least two windows of {} steps after {} "
                "known points",
                kNetHorizon, kKnownMin);
  }
  if (options.steps < 1 || options.tasks < 1 || options.support < 1 || options.query < 1 ||
      options.hidden < 1 || options.inner_steps < 0) {
    return fail(ErrorCode::kInvalid,
                "meta-training needs at least one step, task, window and hidden unit");
  }
  return {};
}

double cosine(int step, int steps) {
  return 0.5 * (1 + std::cos(std::numbers::pi * static_cast<double>(step) / steps));
}

}  // namespace

int season_of(const Series& series) {
  const auto day = static_cast<std::size_t>(std::max<std::int64_t>(0, Duration(24h) / series.step));
  return series.size() >= 2 * day ? static_cast<int>(day) : 0;
}

HistoryView history_of(const Series& series) {
  return {.values = series.values,
          .present = series.present,
          .start = series.start,
          .step = series.step,
          .season = season_of(series)};
}

std::vector<MetaTask> tasks_of(std::span<const Series> workloads, std::uint64_t seed,
                               Regime regime) {
  const Rng root(seed);
  std::vector<MetaTask> tasks;
  for (std::size_t w = 0; w < workloads.size(); ++w) {
    Rng rng = root.split(w);
    const HistoryView whole = history_of(workloads[w]);
    const auto size = static_cast<std::int64_t>(whole.values.size());
    MetaTask task;
    const std::int64_t origins = (size - kKnownMin) / kNetHorizon;
    for (std::int64_t k = std::max<std::int64_t>(0, origins - kExamplesMax); k < origins; ++k) {
      const std::int64_t end = size - (origins - 1 - k) * kNetHorizon;
      const std::int64_t past = end - kNetHorizon;
      // Half of the windows see only a short past, as a new model has.
      const bool shortened = rng.chance(0.5);
      const double length =
          kKnownMin * std::pow(static_cast<double>(kShortenedMax) / kKnownMin, rng.uniform());
      const std::int64_t first =
          shortened ? std::max<std::int64_t>(0, past - static_cast<std::int64_t>(length)) : 0;
      HistoryView part =
          slice(whole, static_cast<std::size_t>(first), static_cast<std::size_t>(end));
      if (shortened) part.season = 0;
      const auto examples = examples_of(part, regime, kNetHorizon, 1);
      task.insert(task.end(), examples.begin(), examples.end());
    }
    if (task.size() >= 2) tasks.push_back(std::move(task));
  }
  return tasks;
}

Result<ForecasterArtifact> meta_train(std::span<const MetaTask> tasks, const MetaOptions& options,
                                      const std::string& data,
                                      const std::function<bool(const MetaProgress&)>& progress) {
  if (auto valid = check(tasks, options); !valid) return fail(valid.error());
  net::use_one_thread();
  Rng rng(options.seed);
  net::Weights theta = net::initial_weights({options.regime, options.hidden}, rng);
  net::Weights average = net::detached(theta, false);
  net::AdamW optimizer(theta, {.rate = options.outer_rate});

  MetaProgress state{.steps = options.steps};
  bool go_on = true;
  while (go_on && state.step < options.steps) {
    const Episode episode = draw_episode(tasks, options, rng);
    const OuterGradient gradient = outer_gradient(theta, episode, options);
    if (!std::isfinite(gradient.loss + gradient.loss_adapted)) {
      return fail(ErrorCode::kInternal,
                  "the loss is not finite at step {}; lower the learning rates", state.step + 1);
    }
    optimizer.step(theta, gradient.by_weight, cosine(state.step, options.steps));
    // A short run must forget its random start too, hence the ramp.
    const double decay = std::min(kAverageDecay, (1.0 + state.step) / (10.0 + state.step));
    for (std::size_t i = 0; i < theta.size(); ++i) average[i].lerp_(theta[i], 1 - decay);

    const double keep = state.step == 0 ? 0 : kProgressDecay;
    state.loss = keep * state.loss + (1 - keep) * gradient.loss;
    state.loss_adapted = keep * state.loss_adapted + (1 - keep) * gradient.loss_adapted;
    ++state.step;
    if (progress) go_on = progress(state);
  }
  TrainedNetwork network{.shape = {options.regime, options.hidden},
                         .weights = net::to_payload(average),
                         .steps = state.step,
                         .held_out = {}};
  return ForecasterArtifact{.networks = {std::move(network)},
                            .inner_rate = options.inner_rate,
                            .inner_steps = options.inner_steps,
                            .seed = options.seed,
                            .data = data,
                            .sources = {}};
}

}  // namespace starling
