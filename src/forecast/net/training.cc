// Implements forecast/net/training.h.
#include "forecast/net/training.h"

#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "forecast/baselines.h"
#include "forecast/net/adamw.h"
#include "forecast/net/checkpoint.h"
#include "forecast/net/network.h"
#include "forecast/net/superposed.h"

namespace starling {
namespace {

constexpr std::size_t kHeldOutOf = 10;  // one workload in ten
constexpr std::size_t kHeldOutAt = 7;
constexpr int kHeldOutWindows = 128;  // of each set
constexpr int kSums = 100;            // of each set's workloads, where they are superposed
constexpr int kWarmUpSteps = 200;
constexpr double kLossDecay = 0.99;
constexpr std::size_t kLevel90 = 9;
static_assert(kQuantileLevels[kLevel90] == 0.9);

enum Stream : std::uint64_t {
  kInitialStream,
  kHeldOutStream,
  kStepStreams,  // one a step, from here on
  kSumsStream = std::uint64_t{1} << 62,
};

/// The workloads that train, and those that judge.
struct Split {
  std::vector<TrainingSet> train;
  std::vector<TrainingSet> held_out;
};

Split split_of(std::vector<TrainingSet> sets) {
  Split split;
  for (TrainingSet& set : sets) {
    TrainingSet train{set.name, set.weight, {}}, held_out{set.name, set.weight, {}};
    const bool enough = set.workloads.size() >= kHeldOutOf;
    for (std::size_t i = 0; i < set.workloads.size(); ++i) {
      const bool judges = enough && i % kHeldOutOf == kHeldOutAt;
      (judges ? held_out : train).workloads.push_back(std::move(set.workloads[i]));
    }
    split.train.push_back(std::move(train));
    split.held_out.push_back(std::move(held_out));
  }
  return split;
}

/// Beside each set one of sums of its workloads, which takes over `share` of its weight.
void add_sums(std::vector<TrainingSet>& sets, double share, Rng rng) {
  if (share == 0) return;
  const std::size_t given = sets.size();
  for (std::size_t i = 0; i < given; ++i) {
    TrainingSet sums = superposed(sets[i], kSums, rng);
    if (sums.workloads.empty()) continue;
    sums.weight *= share;
    sets[i].weight *= 1 - share;
    sets.push_back(std::move(sums));
  }
}

/// Windows of the workloads that are kept out, kHeldOutWindows a set, set after set.
class HeldOut {
 public:
  HeldOut(const WindowSampler& sampler, Rng rng) {
    for (std::size_t set = 0; set < sampler.sets(); ++set) {
      names_.push_back(sampler.name(set));
      for (int k = 0; k < kHeldOutWindows; ++k) windows_.push_back(sampler.draw_from(set, rng));
    }
    std::vector<const Example*> pointers;
    for (const Example& window : windows_) pointers.push_back(&window);
    if (!pointers.empty()) batch_ = net::batch_of(std::span<const Example* const>(pointers), 1);
  }

  bool empty() const { return windows_.empty(); }
  /// Mean over the sets, so that each counts the same.
  double loss(const net::Weights& weights) const {
    const at::NoGradGuard no_gradients;
    return net::pinball(net::quantiles(weights, batch_), batch_).item<double>();
  }
  std::vector<HeldOutScore> scores(const net::Weights& weights) const;

 private:
  std::vector<std::string> names_;
  std::vector<Example> windows_;
  net::Batch batch_;
};

std::vector<HeldOutScore> HeldOut::scores(const net::Weights& weights) const {
  if (empty()) return {};
  const at::NoGradGuard no_gradients;
  const at::Tensor quantiles = net::quantiles(weights, batch_);
  const at::Tensor losses = net::example_losses(quantiles, batch_);
  const at::Tensor covered =
      (batch_.outcome <= quantiles.narrow(-1, kLevel90, 1)).to(at::kFloat) * batch_.known;
  std::vector<HeldOutScore> scores;
  for (std::size_t set = 0; set < names_.size(); ++set) {
    const auto first = static_cast<std::int64_t>(set) * kHeldOutWindows;
    const auto sum = [&](const at::Tensor& tensor) {
      return tensor.narrow(1, first, kHeldOutWindows).sum().item<double>();
    };
    const at::Tensor judged = (batch_.known.sum({-2, -1}) > 0).to(at::kFloat);
    const double windows = sum(judged);
    scores.push_back({.dataset = names_[set],
                      .windows = static_cast<std::int64_t>(windows),
                      .loss = sum(losses) / std::max(1.0, windows),
                      .coverage_90 = sum(covered) / std::max(1.0, sum(batch_.known))});
  }
  return scores;
}

/// The share of the full learning rate at this step.
double schedule(int step, int steps) {
  const double warm_up = std::min(1.0, (step + 1.0) / kWarmUpSteps);
  return warm_up * 0.5 * (1 + std::cos(std::numbers::pi * step / steps));
}

Status check(const TrainingOptions& options) {
  if (options.steps >= 1 && options.batch >= 1 && options.hidden >= 1 && options.checks >= 1 &&
      options.dropout >= 0 && options.dropout < 1 && options.superposed_share >= 0 &&
      options.superposed_share <= 1) {
    return {};
  }
  return fail(
      ErrorCode::kInvalid,
      "training needs at least one step, window, check and hidden unit, a dropout from 0 to "
      "below 1, and a superposed share from 0 to 1");
}

std::string text_of(const TrainingOptions& o, const std::vector<TrainingSet>& sets) {
  std::string text = fmt::format(
      "{} seed {} hidden {} steps {} batch {} rate {} decay {} dropout {} average {} checks {} "
      "windows {} {} {} {} {} on",
      regime_name(o.regime), o.seed, o.hidden, o.steps, o.batch, o.rate, o.decay, o.dropout,
      o.average, o.checks, o.windows.shortened_share, o.windows.aggregated_share,
      o.windows.masked_share, o.windows.volume_power, o.windows.spread_power);
  if (o.superposed_share > 0) text += fmt::format(" superposed {}", o.superposed_share);
  for (const TrainingSet& set : sets) {
    std::size_t points = 0;
    for (const Series& series : set.workloads) points += series.size();
    text += fmt::format(" {} ×{} ({} workloads, {} points)", set.name, set.weight,
                        set.workloads.size(), points);
  }
  return text;
}

/// One training: weights, optimizer and averages, and the step that changes them.
class Run {
 public:
  Run(const TrainingOptions& options, const WindowSampler& sampler, const HeldOut& held_out)
      : options_(options),
        sampler_(sampler),
        held_out_(held_out),
        root_(options.seed),
        theta_(initial(options, root_)),
        average_(net::detached(theta_, false)),
        best_(net::detached(theta_, false)),
        optimizer_(theta_, {.rate = options.rate, .decay = options.decay}) {}

  int steps() const { return optimizer_.steps(); }
  const net::Weights& best() const { return best_; }
  TrainingState state() const {
    return {options_.regime, steps(), options_.steps, loss_, held_out_loss_};
  }
  Status step();
  /// Keeps the averaged weights where they are the best so far.
  void judge();
  Status save(const std::filesystem::path& path, const std::string& options);
  Status load(const std::filesystem::path& path, const std::string& options);

 private:
  static net::Weights initial(const TrainingOptions& options, const Rng& root) {
    Rng rng = root.split(kInitialStream);
    return net::detached(net::initial_weights({options.regime, options.hidden}, rng), true);
  }
  net::Checkpoint checkpoint(const std::string& options);

  const TrainingOptions& options_;
  const WindowSampler& sampler_;
  const HeldOut& held_out_;
  Rng root_;
  net::Weights theta_;
  net::Weights average_;
  net::Weights best_;
  net::AdamW optimizer_;
  double loss_ = 0;
  double held_out_loss_ = 0;
  double best_loss_ = 0;
};

Status Run::step() {
  const int step = steps();
  // A stream for each step: a resumed run draws what an uninterrupted one does.
  Rng rng = root_.split(kStepStreams + static_cast<std::uint64_t>(step));
  std::vector<Example> examples;
  for (int k = 0; k < options_.batch; ++k) examples.push_back(sampler_.draw(rng));
  std::vector<const Example*> pointers;
  for (const Example& example : examples) pointers.push_back(&example);
  const net::Batch batch = net::batch_of(std::span<const Example* const>(pointers), 1);
  net::Dropout dropout(options_.dropout, rng());
  const at::Tensor loss = net::pinball(net::quantiles(theta_, batch, &dropout), batch).sum();
  const double value = loss.item<double>();
  if (!std::isfinite(value)) {
    return fail(ErrorCode::kInternal, "the loss is not finite at step {}; lower the learning rate",
                step + 1);
  }
  const auto gradients = torch::autograd::grad({loss}, theta_);
  optimizer_.step(theta_, gradients, schedule(step, options_.steps));
  const at::NoGradGuard no_gradients;
  // A short run must forget its random start too, hence the ramp.
  const double keep = std::min(options_.average, (1.0 + step) / (10.0 + step));
  for (std::size_t i = 0; i < theta_.size(); ++i) average_[i].lerp_(theta_[i], 1 - keep);
  loss_ = step == 0 ? value : kLossDecay * loss_ + (1 - kLossDecay) * value;
  return {};
}

void Run::judge() {
  held_out_loss_ = held_out_.empty() ? loss_ : held_out_.loss(average_);
  if (best_loss_ > 0 && held_out_loss_ >= best_loss_ && !held_out_.empty()) return;
  best_loss_ = held_out_loss_;
  best_ = net::detached(average_, false);
}

net::Checkpoint Run::checkpoint(const std::string& options) {
  net::Checkpoint checkpoint{.options = options,
                             .step = steps(),
                             .loss = loss_,
                             .held_out_loss = held_out_loss_,
                             .best_loss = best_loss_,
                             .tensors = {}};
  for (const auto* tensors :
       {&theta_, &average_, &best_, &optimizer_.first_moments(), &optimizer_.second_moments()}) {
    checkpoint.tensors.insert(checkpoint.tensors.end(), tensors->begin(), tensors->end());
  }
  return checkpoint;
}

Status Run::save(const std::filesystem::path& path, const std::string& options) {
  if (path.empty()) return {};
  return net::write_checkpoint(path, checkpoint(options));
}

Status Run::load(const std::filesystem::path& path, const std::string& options) {
  if (path.empty() || !std::filesystem::exists(path)) return {};
  net::Checkpoint found = checkpoint(options);
  if (auto read = net::read_checkpoint(path, found); !read) return read;
  optimizer_.resume_after(found.step);
  loss_ = found.loss;
  held_out_loss_ = found.held_out_loss;
  best_loss_ = found.best_loss;
  return {};
}

}  // namespace

Result<TrainedNetwork> train_network(std::vector<TrainingSet> sets, const TrainingOptions& options,
                                     const std::filesystem::path& checkpoint,
                                     const std::function<bool(const TrainingState&)>& progress) {
  if (auto valid = check(options); !valid) return fail(valid.error());
  net::use_one_thread();
  const std::string asked = text_of(options, sets);
  Split split = split_of(std::move(sets));
  add_sums(split.train, options.superposed_share, Rng(options.seed).split(kSumsStream));
  const WindowSampler sampler(std::move(split.train), options.regime, options.windows);
  if (sampler.empty()) {
    return fail(ErrorCode::kInvalid,
                "nothing to train on: no workload has the {} points that one window takes",
                options.regime == Regime::kShort ? kKnownMin + kNetHorizon : kRecent + kNetHorizon);
  }
  WindowOptions evenly = options.windows;
  evenly.spread_power = 0;
  const WindowSampler judges(std::move(split.held_out), options.regime, evenly);
  const HeldOut held_out(judges, Rng(options.seed).split(kHeldOutStream));

  Run run(options, sampler, held_out);
  if (auto loaded = run.load(checkpoint, asked); !loaded) return fail(loaded.error());
  const int interval = std::max(1, options.steps / options.checks);
  bool go_on = true;
  while (go_on && run.steps() < options.steps) {
    if (auto stepped = run.step(); !stepped) return fail(stepped.error());
    const bool due = run.steps() % interval == 0 || run.steps() == options.steps;
    if (due) run.judge();
    if (progress) go_on = progress(run.state());
    if (!due && go_on) continue;
    if (auto saved = run.save(checkpoint, asked); !saved) return fail(saved.error());
  }
  // Only the result of a stopped run: the checkpoint must not know of checks off the schedule.
  if (run.steps() % interval != 0 && run.steps() < options.steps) run.judge();
  return TrainedNetwork{.shape = {options.regime, options.hidden},
                        .weights = net::to_payload(run.best()),
                        .steps = run.steps(),
                        .held_out = held_out.scores(run.best())};
}

}  // namespace starling
