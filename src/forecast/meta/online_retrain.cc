// Implements forecast/meta/online_retrain.h.
#include "forecast/meta/online_retrain.h"

#include <algorithm>

#include "base/rng.h"
#include "forecast/meta/inner_loop.h"
#include "forecast/meta/newest_quarter.h"
#include "forecast/meta/private_gradient.h"
#include "forecast/net/adamw.h"

namespace starling {
namespace {

constexpr std::size_t kBatch = 128;      // windows a step
constexpr std::size_t kJudgesMax = 512;  // windows that judge, bounding a check's work
constexpr std::size_t kHeldOutEvery = 5;

/// Windows of one regime: to learn from, and of other workloads' newest quarters to judge by.
struct Pool {
  std::vector<Example> learn;
  std::vector<Example> judge;
  int workloads = 0;
  int held_out = 0;
};

Pool pool_of(std::span<const Series> workloads, Regime regime, std::size_t held_out_every) {
  Pool pool;
  for (const Series& series : workloads) {
    const bool judges = static_cast<std::size_t>(pool.workloads) % held_out_every == 0;
    auto windows = judges ? newest_quarter(series, regime) : before_newest_quarter(series, regime);
    if (windows.empty()) continue;
    ++pool.workloads;
    pool.held_out += judges;
    auto& into = judges ? pool.judge : pool.learn;
    std::move(windows.begin(), windows.end(), std::back_inserter(into));
  }
  return pool;
}

net::Batch batch_of(const std::vector<Example>& from, const std::vector<std::size_t>& chosen) {
  std::vector<const Example*> examples;
  for (const std::size_t i : chosen) examples.push_back(&from[i]);
  return net::batch_of(std::span<const Example* const>(examples), 1);
}

/// The number of steps is chosen by one half of the windows, and what came of it told by the other:
/// the least of several losses is no fair estimate of the loss.
enum class Half : std::size_t { kChooses, kTells };

/// Evenly spaced examples of one half, at most kJudgesMax; of a single one both.
net::Batch judges_of(const std::vector<Example>& examples, Half half) {
  std::vector<std::size_t> chosen;
  const std::size_t stride =
      2 * std::max<std::size_t>(1, ((examples.size() + 1) / 2 + kJudgesMax - 1) / kJudgesMax);
  for (std::size_t i = static_cast<std::size_t>(half); i < examples.size(); i += stride)
    chosen.push_back(i);
  if (chosen.empty() && !examples.empty()) chosen.push_back(0);
  return batch_of(examples, chosen);
}

double loss_of(const net::Weights& weights, const net::Batch& judges) {
  const at::NoGradGuard no_gradients;
  return net::pinball(net::quantiles(weights, judges), judges).item<double>();
}

struct Outcome {
  double before = 0;
  double after = 0;
  SampledSteps sampled;
};

std::vector<at::Tensor> gradient_of(const net::Weights& weights, const Pool& pool,
                                    const RetrainOptions& options, double rate, Rng& rng) {
  std::vector<std::size_t> chosen;
  if (!options.privacy.on()) {
    while (chosen.size() < std::min(kBatch, pool.learn.size())) {
      chosen.push_back(rng.below(pool.learn.size()));
    }
    return meta::pinball_gradient(weights, batch_of(pool.learn, chosen)).by_weight;
  }
  std::vector<const Example*> examples;
  for (const std::size_t i : meta::poisson_sample(pool.learn.size(), rate, rng)) {
    examples.push_back(&pool.learn[i]);
  }
  return meta::private_gradient(weights, examples, options.privacy,
                                rate * static_cast<double>(pool.learn.size()), rng);
}

Outcome improve(TrainedNetwork& network, const Pool& pool, const RetrainOptions& options,
                const std::function<bool()>& go_on) {
  net::Weights weights =
      net::detached(net::from_payload(network.weights, network.shape), /*differentiable=*/true);
  const net::Batch choose = judges_of(pool.judge, Half::kChooses);
  const net::Batch tell = judges_of(pool.judge, Half::kTells);
  Outcome outcome;
  outcome.before = outcome.after = loss_of(weights, tell);
  double least = loss_of(weights, choose);
  net::AdamW optimiser(weights, {.rate = options.rate});
  Rng rng = Rng(options.seed).split(static_cast<std::uint64_t>(network.shape.regime));
  const double rate =
      std::min(1.0, static_cast<double>(kBatch) / static_cast<double>(pool.learn.size()));
  outcome.sampled = {rate, 0};
  for (int step = 1; step <= options.steps_max; ++step) {
    if (go_on && !go_on()) break;
    optimiser.step(weights, gradient_of(weights, pool, options, rate, rng), 1);
    outcome.sampled.steps = step;
    if (step % options.check_every != 0) continue;
    const double loss = loss_of(weights, choose);
    // A loss that is not a number is never below.
    if (!(loss < least)) continue;
    least = loss;
    outcome.after = loss_of(weights, tell);
    network.weights = net::to_payload(net::detached(weights, /*differentiable=*/false));
  }
  return outcome;
}

}  // namespace

Result<Retrained> retrain(const ForecasterArtifact& from, std::span<const Series> workloads,
                          const RetrainOptions& options, const std::function<bool()>& go_on) {
  net::use_one_thread();
  Retrained retrained{.artifact = from};
  int networks = 0;
  int largest = 0;
  for (TrainedNetwork& network : retrained.artifact.networks) {
    const Pool pool = pool_of(workloads, network.shape.regime, kHeldOutEvery);
    largest = std::max(largest, pool.workloads);
    if (pool.workloads < options.workloads_min || pool.learn.empty()) continue;
    const Outcome outcome = improve(network, pool, options, go_on);
    ++networks;
    retrained.workloads = std::max(retrained.workloads, pool.workloads);
    retrained.held_out = std::max(retrained.held_out, pool.held_out);
    retrained.windows = std::max(retrained.windows, static_cast<std::int64_t>(pool.learn.size()));
    retrained.sampled.push_back(outcome.sampled);
    retrained.loss_before += outcome.before;
    retrained.loss_after += outcome.after;
  }
  if (networks == 0) {
    return fail(
        ErrorCode::kInvalid,
        "{} workloads with enough past; retraining takes {}: a smaller pool only teaches its "
        "own noise",
        largest, options.workloads_min);
  }
  retrained.loss_before /= networks;
  retrained.loss_after /= networks;
  // As it will be read back: weights are stored as float16.
  auto stored = decode_artifact(encode_artifact(retrained.artifact), "retrained weights");
  if (!stored) return fail(stored.error());
  retrained.artifact = std::move(*stored);
  return retrained;
}

Result<double> held_out_loss(const ForecasterArtifact& artifact, std::span<const Series> workloads,
                             const RetrainOptions& options) {
  net::use_one_thread();
  double sum = 0;
  int networks = 0;
  const auto judge = [&](const TrainedNetwork& network, const Pool& pool) {
    sum += loss_of(net::from_payload(network.weights, network.shape),
                   judges_of(pool.judge, Half::kTells));
    ++networks;
  };
  for (const TrainedNetwork& network : artifact.networks) {
    const Pool pool = pool_of(workloads, network.shape.regime, kHeldOutEvery);
    if (pool.workloads >= options.workloads_min && !pool.learn.empty()) judge(network, pool);
  }
  if (networks > 0) return sum / networks;
  int largest = 0;
  for (const TrainedNetwork& network : artifact.networks) {
    const Pool pool = pool_of(workloads, network.shape.regime, 1);
    largest = std::max(largest, pool.workloads);
    if (pool.workloads >= options.judged_min) judge(network, pool);
  }
  if (networks > 0) return sum / networks;
  return fail(ErrorCode::kInvalid, "{} workloads with enough past; judging weights takes {}",
              largest, options.judged_min);
}

}  // namespace starling
