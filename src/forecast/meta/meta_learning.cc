// Implements forecast/meta/meta_learning.h.
#include "forecast/meta/meta_learning.h"

#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numbers>
#include <utility>

#include "forecast/meta/anil.h"
#include "forecast/meta/fomaml.h"
#include "forecast/meta/meta_sgd.h"
#include "forecast/meta/reptile.h"
#include "forecast/meta/second_order_maml.h"
#include "forecast/net/adamw.h"
#include "forecast/net/windows.h"

namespace starling::meta {
namespace {

constexpr std::array<int, 3> kFactors{2, 5, 10};
constexpr Duration kStepMax = 601s;
constexpr std::size_t kHeldOutOf = 10;  // one workload in ten
constexpr std::size_t kHeldOutAt = 7;
constexpr int kHeldOutEpisodes = 6;
constexpr int kWarmUpSteps = 50;
constexpr double kAverageDecay = 0.99;
constexpr double kLossDecay = 0.98;  // of the loss that is shown
constexpr double kLogRateSpeed = 5;  // rates are learned faster: they start from a guess

enum Stream : std::uint64_t { kInitialStream, kHeldOutStream, kStepStreams };

/// Tasks to draw from: by set, then evenly.
struct Pool {
  struct Part {
    double weight = 0;
    std::vector<const MetaTask*> tasks;
  };
  std::vector<Part> parts;
  double weight = 0;

  void add(Part part) {
    if (part.tasks.empty()) return;
    weight += part.weight;
    parts.push_back(std::move(part));
  }
  const MetaTask& draw(Rng& rng) const {
    double at = rng.uniform(0, weight);
    std::size_t i = 0;
    while (i + 1 < parts.size() && at >= parts[i].weight) at -= parts[i++].weight;
    return *parts[i].tasks[rng.below(parts[i].tasks.size())];
  }
};

std::pair<Pool, Pool> split_of(std::span<const TaskSet> sets) {
  std::pair<Pool, Pool> split;
  for (const TaskSet& set : sets) {
    Pool::Part train{set.weight, {}}, held_out{set.weight, {}};
    for (const MetaTask& task : set.tasks) train.tasks.push_back(&task);
    for (const MetaTask& task : set.held_out) held_out.tasks.push_back(&task);
    split.first.add(std::move(train));
    split.second.add(std::move(held_out));
  }
  return split;
}

/// Both sides of a task's cut take the windows nearest to it.
Episode draw_episode(const Pool& pool, const LearningOptions& options, Rng& rng) {
  std::vector<const Example*> support, query;
  for (int t = 0; t < options.tasks; ++t) {
    const MetaTask& task = pool.draw(rng);
    const auto cut = static_cast<std::int64_t>(1 + rng.below(task.size() - 1));
    for (std::int64_t k = 1; k <= options.support; ++k) {
      support.push_back(cut - k >= 0 ? &task[static_cast<std::size_t>(cut - k)] : nullptr);
    }
    for (std::int64_t k = 0; k < options.query; ++k) {
      const auto i = static_cast<std::size_t>(cut + k);
      query.push_back(i < task.size() ? &task[i] : nullptr);
    }
  }
  return {options.tasks, pinball_losses(net::batch_of(support, options.tasks)),
          pinball_losses(net::batch_of(query, options.tasks))};
}

/// Without an inner loop: the gradient of the tasks' mean loss at θ itself.
Gradient control_gradient(const net::Weights& theta, const Episode& episode, bool both) {
  const net::Weights start = net::detached(theta, /*differentiable=*/true);
  const net::Weights copies = shared_by(start, episode.tasks);
  const at::Tensor losses = by_own_layers(episode.query)(copies);
  const at::Tensor learned =
      both ? 0.5 * (losses + by_own_layers(episode.support)(copies)) : losses;
  return {torch::autograd::grad({learned.mean()}, start), losses.detach()};
}

InnerLoop film_loop(InnerLoop loop) {
  loop.part = Part::kFilm;
  return loop;
}

/// The gradients of all that is learned: θ, then Meta-SGD's ln α.
Gradient gradient_of(const Learned& at, const Episode& episode, const LearningOptions& options) {
  switch (options.algorithm) {
    case Algorithm::kMaml:
      return maml_gradient(at.theta, episode, options.inner);
    case Algorithm::kFomaml:
      return fomaml_gradient(at.theta, episode, options.inner);
    case Algorithm::kReptile:
      return reptile_gradient(at.theta, episode, options.inner);
    case Algorithm::kAnil:
      return anil_gradient(at.theta, episode, options.inner);
    case Algorithm::kControl:
      return control_gradient(at.theta, episode, false);
    case Algorithm::kControlBoth:
      return control_gradient(at.theta, episode, true);
    case Algorithm::kFilmMaml:
      return maml_gradient(at.theta, episode, film_loop(options.inner));
    case Algorithm::kMetaSgd:
      break;
  }
  auto gradient = meta_sgd_gradient(at.theta, at.log_rates, episode, options.inner);
  std::move(gradient.by_log_rate.begin(), gradient.by_log_rate.end(),
            std::back_inserter(gradient.theta.by_weight));
  return std::move(gradient.theta);
}

bool adapts(Algorithm algorithm) {
  return algorithm != Algorithm::kControl && algorithm != Algorithm::kControlBoth;
}

double held_out_loss(const Learned& at, const std::vector<Episode>& episodes,
                     const LearningOptions& options) {
  double sum = 0;
  for (const Episode& episode : episodes) {
    net::Weights fast = net::detached(net::replicate(at.theta, episode.tasks), true);
    if (adapts(options.algorithm)) {
      const InnerRates rates = rates_of(options.algorithm, at, options.inner.rate);
      fast =
          follow_losses(fast, by_own_layers(episode.support), options.inner, rates, Order::kFirst);
    }
    const at::NoGradGuard no_gradients;
    sum += by_own_layers(episode.query)(fast).mean().item<double>();
  }
  return sum / static_cast<double>(episodes.size());
}

double schedule(int step, int steps) {
  return std::min(1.0, (step + 1.0) / kWarmUpSteps) * 0.5 *
         (1 + std::cos(std::numbers::pi * step / steps));
}

/// What is learned, its running mean, and the best of these so far.
class Run {
 public:
  explicit Run(const LearningOptions& options)
      : options_(options), root_(options.seed), current_(initial(options, root_)) {
    average_ = {net::detached(current_.theta, false), net::detached(current_.log_rates, false), 0,
                0};
  }

  Rng stream(std::uint64_t which) const { return root_.split(which); }
  const Learned& best() const { return best_; }
  TrainingState state(int steps_done) const {
    return {options_.regime, steps_done, options_.steps, loss_, best_.held_out_loss};
  }

  Status step(const Pool& pool, int step) {
    Rng rng = stream(kStepStreams + static_cast<std::uint64_t>(step));
    Gradient gradient = gradient_of(current_, draw_episode(pool, options_, rng), options_);
    const double loss = gradient.losses.mean().item<double>();
    if (!std::isfinite(loss)) {
      return fail(ErrorCode::kInternal,
                  "{}: the loss is not finite at outer step {}; lower the learning rates",
                  algorithm_name(options_.algorithm), step + 1);
    }
    loss_ = step == 0 ? loss : kLossDecay * loss_ + (1 - kLossDecay) * loss;
    const auto weights = static_cast<std::ptrdiff_t>(current_.theta.size());
    const std::vector<at::Tensor> by_log_rate(gradient.by_weight.begin() + weights,
                                              gradient.by_weight.end());
    gradient.by_weight.resize(current_.theta.size());
    const double share = schedule(step, options_.steps);
    of_theta_.step(current_.theta, gradient.by_weight, share);
    if (!by_log_rate.empty()) of_rates_.step(current_.log_rates, by_log_rate, share);
    const double keep = std::min(kAverageDecay, (1.0 + step) / (10.0 + step));
    follow(average_.theta, current_.theta, keep);
    follow(average_.log_rates, current_.log_rates, keep);
    return {};
  }

  void judge(const std::vector<Episode>& held_out, int steps_done) {
    const double loss = held_out.empty() ? 0 : held_out_loss(average_, held_out, options_);
    if (!best_.theta.empty() && !held_out.empty() && !(loss < best_.held_out_loss)) return;
    best_ = {net::detached(average_.theta, false), net::detached(average_.log_rates, false),
             steps_done, loss};
  }

 private:
  static Learned initial(const LearningOptions& options, const Rng& root) {
    Rng rng = root.split(kInitialStream);
    Learned learned{net::initial_weights({options.regime, options.hidden}, rng), {}, 0, 0};
    if (options.algorithm == Algorithm::kMetaSgd) {
      learned.log_rates = initial_log_rates(learned.theta, options.inner.rate);
    }
    return learned;
  }
  static void follow(net::Weights& average, const net::Weights& current, double keep) {
    for (std::size_t i = 0; i < average.size(); ++i) average[i].lerp_(current[i], 1 - keep);
  }

  const LearningOptions& options_;
  Rng root_;
  Learned current_, average_, best_;
  double loss_ = 0;  // of the query windows, smoothed
  net::AdamW of_theta_{current_.theta, {.rate = options_.outer_rate}};
  net::AdamW of_rates_{current_.log_rates,
                       {.rate = kLogRateSpeed * options_.outer_rate, .decay = 0}};
};

/// The series, then each at the coarser steps that are at most kStepMax.
std::vector<Series> at_more_steps(std::vector<Series> workloads) {
  for (std::size_t i = 0, given = workloads.size(); i < given; ++i) {
    for (const int factor : kFactors) {
      if (workloads[i].step * factor <= kStepMax)
        workloads.push_back(aggregated(workloads[i], factor));
    }
  }
  return workloads;
}

}  // namespace

const char* algorithm_name(Algorithm algorithm) {
  constexpr std::array kNames{"maml",     "fomaml",    "reptile", "anil",
                              "meta-sgd", "film-maml", "control", "control-both"};
  return kNames[static_cast<std::size_t>(algorithm)];
}

TaskSet task_set(const std::string& name, double weight, std::span<const Series> workloads,
                 std::uint64_t seed, Regime regime) {
  std::vector<Series> train, held_out;
  const bool enough = workloads.size() >= kHeldOutOf;
  for (std::size_t i = 0; i < workloads.size(); ++i) {
    const Series& series = workloads[i];
    (enough && i % kHeldOutOf == kHeldOutAt ? held_out : train).push_back(series);
  }
  const Rng root(seed);
  return {name, weight, tasks_of(at_more_steps(train), root.split(0)(), regime),
          tasks_of(at_more_steps(held_out), root.split(1)(), regime)};
}

InnerRates rates_of(Algorithm algorithm, const Learned& learned, double rate) {
  if (algorithm == Algorithm::kMetaSgd) return learned_rates(learned.log_rates);
  if (algorithm == Algorithm::kAnil) return head_rates(learned.theta, rate);
  if (algorithm == Algorithm::kFilmMaml) return film_rates(learned.theta, rate);
  return constant_rates(learned.theta, rate);
}

Result<Learned> learn(std::span<const TaskSet> sets, const LearningOptions& options,
                      const std::function<bool(const TrainingState&)>& go_on) {
  if (options.steps < 1 || options.tasks < 1 || options.support < 1 || options.query < 1 ||
      options.hidden < 1 || options.checks < 1 || options.inner.steps < 1) {
    return fail(ErrorCode::kInvalid,
                "meta-learning needs at least one step, task, window, check and hidden unit");
  }
  const auto [train, judges] = split_of(sets);
  if (train.parts.empty()) {
    return fail(ErrorCode::kInvalid,
                "nothing to learn from: a workload needs at least two windows of {} steps after {} "
                "known points",
                kNetHorizon, kKnownMin);
  }
  net::use_one_thread();
  Run run(options);
  std::vector<Episode> held_out;
  Rng rng = run.stream(kHeldOutStream);
  for (int i = 0; i < kHeldOutEpisodes && !judges.parts.empty(); ++i) {
    held_out.push_back(draw_episode(judges, options, rng));
  }
  const int interval = std::max(1, options.steps / options.checks);
  for (int step = 0; step < options.steps; ++step) {
    if (auto stepped = run.step(train, step); !stepped) return fail(stepped.error());
    const int done = step + 1;
    if (done % interval == 0 || done == options.steps) run.judge(held_out, done);
    if (go_on && !go_on(run.state(done))) {
      return fail(ErrorCode::kUnavailable, "stopped at outer step {} of {}", done, options.steps);
    }
  }
  return run.best();
}

TrainedNetwork network_of(const Learned& learned, const LearningOptions& options) {
  return {.shape = {options.regime, options.hidden},
          .weights = net::to_payload(learned.theta),
          .steps = learned.steps,
          .held_out = {}};
}

}  // namespace starling::meta
