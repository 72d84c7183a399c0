// Implements sim/scaling_env.h.
#include "sim/scaling_env.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "policy/sizing/size_recommender.h"

namespace starling {
namespace {

const PredictiveOptions kPredictive;
const GuardOptions kGuards;

double logit_of(double level) { return std::log(level / (1 - level)); }

const double kHighLogit = logit_of(kLevelMax);

/// What replicas are chosen for where actions do not correct: 0.2 … 1, 0.45 at zero.
double direct_utilization(float action) {
  constexpr double kMiddle = 0.45;
  return kMiddle * std::exp(-std::log(kMiddle) * std::clamp(action, -1.0F, 1.0F));
}

int ticks_of(double time_s, double interval_s) {
  return static_cast<int>(std::ceil(time_s / interval_s - 1e-9));
}

}  // namespace

void ScalingCopy::begin(const WorkloadTape& tape, int tick, bool direct) {
  *this = {};
  tape_ = &tape;
  direct_ = direct;
  tick_ = began_ = tick;
  const TapeSpec& spec = tape.spec();
  cold_ticks_ = std::max(1, ticks_of(spec.setting.cold_start_s, spec.setting.interval_s));
  release_ticks_ = ticks_of(spec.release_s, spec.setting.interval_s);
  reach_ticks_ = ticks_of(tape.reach_s(), spec.setting.interval_s);
  assert(std::max(release_ticks_, 3 * reach_ticks_) < kRing);
  assert(spec.replicas_max <= std::numeric_limits<Replicas>::max());
  ready_ = std::max(1, tape.needed(tape.arrivals(tick) / spec.setting.interval_s));
  last_rise_ = tick - kRing;
  base_logit_ = logit_of(demand_level(spec.setting.slo_percentile));
  featurizer_ = PolicyFeaturizer(spec.setting);
  queue_.emplace(tape.curve());
  // Nothing is lowered before there is a history of use.
  used_p95_ = spec.cores / (1 + SizeRecommender::kMargin);
}

int ScalingCopy::wish(const Correction& correction, float direct_action) {
  const DecisionSetting& setting = tape_->spec().setting;
  const double arriving = tape_->arrivals(tick_) / setting.interval_s;
  const double busy_s = 1 / tape_->curve().service_rate(1);  // of a replica, a request
  const double slots = direct_utilization(direct_action);
  int worth = direct_ ? static_cast<int>(std::ceil(arriving * busy_s / slots))
                      : tape_->worth(tick_, correction.headroom);
  if (!direct_ && owed_.share() > 1 - setting.slo_percentile / 100)
    worth = std::max(worth, tape_->enough(tick_));
  const double rate =
      arriving + queue_->backlog() / (kPredictive.drain_intervals * setting.interval_s);
  const int now_needs = static_cast<int>(std::ceil(rate * busy_s));
  int wish = std::max(worth, now_needs);
  wishes_[static_cast<std::size_t>(at(tick_))] =
      static_cast<Replicas>(std::min(wish, tape_->spec().replicas_max));
  const int have = ready_ + starting_;
  if (wish < have) {
    const int window =
        std::min({kRing - 1, tick_ - began_,
                  static_cast<int>(reach_ticks_ * kWishHeld * std::exp(correction.hold))});
    for (int ago = 1; ago <= window && wish < have; ++ago) {
      wish =
          std::max(wish, std::min<int>(have, wishes_[static_cast<std::size_t>(at(tick_ - ago))]));
    }
  }
  return std::clamp(std::min(wish, static_cast<int>(kGuards.up_factor * have) + kGuards.up_step), 1,
                    tape_->spec().replicas_max);
}

void ScalingCopy::scale_to(int replicas) {
  const int have = ready_ + starting_;
  changed_ = std::abs(replicas - have);
  if (replicas > have) {
    becoming_ready_[static_cast<std::size_t>(at(tick_ + cold_ticks_))] += replicas - have;
    starting_ += replicas - have;
    last_rise_ = tick_;
    return;
  }
  int surplus = have - replicas;
  terminating_ += surplus;
  released_[static_cast<std::size_t>(at(tick_ + release_ticks_))] += surplus;
  // Those that would be ready last go first.
  for (int ahead = cold_ticks_; ahead > 0 && surplus > 0; --ahead) {
    Replicas& due = becoming_ready_[static_cast<std::size_t>(at(tick_ + ahead))];
    const int taken = std::min<int>(due, surplus);
    due -= taken;
    starting_ -= taken;
    surplus -= taken;
  }
  ready_ -= surplus;
}

/// Replicas get the steps of CPU that their load asks for, corrected, in place and all at once.
void ScalingCopy::resize(int correction) {
  const DecisionSetting& setting = tape_->spec().setting;
  const double rate = (tape_->arrivals(tick_) + queue_->backlog()) / setting.interval_s;
  const int needed = steps_needed(
      rate, setting.interval_s, 1 - setting.slo_percentile / 100, [&](double high, int steps) {
        const MissCurve& curve = tape_->curve(steps);
        return SteppedService{curve.at(high, ready_), curve.service_rate(ready_)};
      });
  // Held as HeldSteps does it at ten seconds a tick.
  const int steps = std::max(needed, std::exchange(steps_before_, needed));
  const int size = std::clamp(steps + correction, size_least_, kSizeStepsMax);
  if (size == size_) return;
  size_ = size;
  queue_->serve_by(tape_->curve(size_));
}

/// The floor of sizes: the 95th percentile of what a replica uses, followed step by step (Robbins
/// and Monro 1951), and a margin.
void ScalingCopy::observe_use(double arrivals) {
  constexpr double kRate = 0.02, kPercentile = 0.95;
  const WorkloadTape& tape = *tape_;
  const double busy =
      std::min(arrivals / tape.spec().setting.interval_s, tape.curve(size_).service_rate(ready_));
  const double used = ready_ > 0 ? busy * tape.cpu_s() / ready_ : 0;
  const double step = kRate * std::max(used, used_p95_);
  used_p95_ += step * (used > used_p95_ ? kPercentile : kPercentile - 1);
  size_least_ = -kSizeStepsMax;
  const double floor = (1 + SizeRecommender::kMargin) * used_p95_;
  while (size_least_ < 0 && tape.cores(size_least_) < floor) ++size_least_;
}

ScalingCopy::Outcome ScalingCopy::step(const PolicyAction& action) {
  const DecisionSetting& setting = tape_->spec().setting;
  const Correction correction = correction_of(action);
  scale_to(wish(correction, action[0]));
  if (setting.cpu_share > 0) resize(correction.size);
  before_ = action;
  const auto take = [&](std::array<Replicas, kRing>& ring) {
    return int{std::exchange(ring[static_cast<std::size_t>(at(tick_))], 0)};
  };
  terminating_ -= take(released_);
  Outcome outcome;
  outcome.held = (ready_ + starting_ + terminating_) * tape_->price(size_);
  outcome.changed = changed_;
  ++tick_;
  const double arrivals = tape_->arrivals(tick_);
  const FluidTick fluid = queue_->advance(arrivals, ready_, setting.interval_s);
  if (setting.cpu_share > 0) observe_use(arrivals);
  const int due = take(becoming_ready_);
  ready_ += due;
  starting_ -= due;
  outcome.missed = fluid.missed;
  missed_last_ = fluid.missed;
  utilization_ = fluid.utilization;
  budget_.observe(arrivals / setting.interval_s, fluid.missed / setting.interval_s,
                  setting.slo_percentile, from_seconds(setting.interval_s));
  misses_.observe(arrivals, fluid.missed, setting.interval_s);
  owed_.observe(arrivals, fluid.missed, setting.interval_s);
  return outcome;
}

PolicyFeatures ScalingCopy::features() const {
  const DecisionSetting& setting = tape_->spec().setting;
  DecisionState state;
  state.arrival_rate = tape_->arrivals(tick_) / setting.interval_s;
  state.missed_rate = missed_last_ / setting.interval_s;
  state.backlog = queue_->backlog();
  state.utilization = utilization_;
  state.ready = ready_;
  state.starting = starting_;
  state.planned = tape_->outlook(tick_, base_logit_);
  state.median = tape_->outlook(tick_, 0);
  state.high = tape_->outlook(tick_, kHighLogit);
  state.needed = tape_->needed(state.planned);
  state.hours_saved = budget_.hours_saved();
  state.missed_share = misses_.share();
  state.size = size_;
  state.size_least = size_least_;
  state.since_rise_s = (tick_ - last_rise_) * setting.interval_s;
  return featurizer_(state, before_);
}

ScalingEnv::ScalingEnv(std::vector<std::shared_ptr<const WorkloadTape>> tapes,
                       ScalingEnvOptions options)
    : options_(options), copies_(static_cast<std::size_t>(options.copies)) {
  for (auto& tape : tapes) {
    // What the uncorrected decision misses on this tape, where it can't meet the SLO.
    ScalingCopy copy;
    copy.begin(*tape, 0);
    double missed = 0;
    while (!copy.at_end()) missed += copy.step({}).missed;
    const double ticks = tape->size();
    const double allowed = tape->mean_arrivals() * (1 - tape->spec().setting.slo_percentile / 100);
    played_.push_back({tape, std::max(allowed, missed / ticks)});
  }
}

void ScalingEnv::begin(Copy& copy) {
  copy.played = &played_[rng_.below(played_.size())];
  const int room = copy.played->tape->size() - options_.episode_ticks - 1;
  copy.state.begin(*copy.played->tape,
                   static_cast<int>(rng_.below(static_cast<std::uint64_t>(std::max(1, room)))),
                   options_.direct);
  copy.ticks = 0;
}

void ScalingEnv::observe(std::size_t copy, EnvStep& step) const {
  const PolicyFeatures features = copies_[copy].state.features();
  std::copy(features.begin(), features.end(),
            step.observations.begin() + static_cast<std::ptrdiff_t>(copy * kPolicyFeatures));
}

void ScalingEnv::reset(std::uint64_t seed, EnvStep& step) {
  rng_ = Rng(seed);
  const std::size_t count = copies_.size();
  step.observations.assign(count * kPolicyFeatures, 0);
  for (auto* rewards : {&step.cost, &step.missed, &step.churn}) rewards->assign(count, 0);
  step.done.assign(count, 0);
  step.workload.assign(count, 0);
  for (std::size_t i = 0; i < count; ++i) {
    begin(copies_[i]);
    // Episodes that end together would make every batch of steps of one age.
    copies_[i].ticks =
        static_cast<int>(rng_.below(static_cast<std::uint64_t>(options_.episode_ticks)));
    observe(i, step);
  }
}

void ScalingEnv::step(std::span<const float> actions, EnvStep& step) {
  for (std::size_t i = 0; i < copies_.size(); ++i) {
    Copy& copy = copies_[i];
    PolicyAction action;
    std::copy_n(actions.begin() + static_cast<std::ptrdiff_t>(i * kPolicyActions), kPolicyActions,
                action.begin());
    const ScalingCopy::Outcome outcome = copy.state.step(action);
    const WorkloadTape& tape = *copy.played->tape;
    step.cost[i] = static_cast<float>(outcome.held / tape.mean_needed());
    step.missed[i] = static_cast<float>(outcome.missed / copy.played->missed_allowed);
    step.churn[i] = static_cast<float>(outcome.changed / tape.mean_needed());
    step.workload[i] = static_cast<std::int32_t>(copy.played - played_.data());
    step.done[i] = ++copy.ticks >= options_.episode_ticks || copy.state.at_end() ? 1 : 0;
    if (step.done[i] != 0) begin(copy);
    observe(i, step);
  }
}

}  // namespace starling
