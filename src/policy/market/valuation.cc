// Implements policy/market/valuation.h.
#include "policy/market/valuation.h"

#include <algorithm>
#include <cmath>

namespace starling {
namespace {

constexpr Duration kSettling{5s};  // between a transfer's end and the far window
constexpr int kFarSteps = 3;
constexpr int kStepsMax = 24;  // that a transfer may take: echoes reach back thirty

Duration transfer_of(const Observation& observation) {
  return observation.release + observation.cold_start;
}

/// About three steps to a transfer, in whole intervals, and none longer than `most` but for an
/// interval that is.
Duration step_for(const Observation& observation, Duration most) {
  constexpr int kStepsATransfer = 3;
  const Duration interval = std::max(observation.interval, Duration(1));
  const auto intervals = (transfer_of(observation) + kStepsATransfer * interval - Duration(1)) /
                         (kStepsATransfer * interval);
  return interval *
         std::clamp<std::int64_t>(intervals, 1, std::max<std::int64_t>(1, most / interval));
}

int steps_of(Duration time, Duration step) {
  return std::clamp(static_cast<int>((time + step - Duration(1)) / step), 1, kStepsMax);
}

}  // namespace

void Valuer::plan(const Observation& observation) {
  // A cold start measured anew changes the step by a little: what was learned is worth more.
  const Duration step = step_for(observation, options_.step);
  if (step > 2 * step_ || step_ > 2 * step) {
    step_ = step;
    near_.reset();
  }
  const int near = steps_of(transfer_of(observation), step_);
  const int far = steps_of(transfer_of(observation) + kSettling, step_);
  // A cold start measured anew moves windows by a step now and then: what was learned still holds.
  if (near_ && !feed_.lost(observation) && std::abs(near_->window().last - near) <= 1) return;
  answer_.reset();
  near_.emplace(AheadWindow{0, near}, step_);
  far_.emplace(AheadWindow{far, far + kFarSteps}, step_);
  // Offers and budgets go by its values: it has some from the next whole step on.
  feed_.begin(observation, step_, counts_, StepFeed::Record::kCountsAlone);
}

void Valuer::count(const Observation& observation) {
  feed_.observe(observation);
  while (const auto count = feed_.next()) {
    counts_.add(*count);
    near_->observe(counts_);
    far_->observe(counts_);
    answer_.reset();
  }
}

Valuer::Rates Valuer::rates(const WindowBelief& belief, TimePoint now) const {
  Rates rates;
  const double step_s = seconds(step_);
  if (options_.truth.empty()) {
    for (const auto& [count, share] : belief.distribution()) {
      rates.roots.push_back(std::sqrt(count / step_s));
      rates.shares.push_back(share);
    }
    return rates;
  }
  const AheadWindow window = belief.window();
  for (int step = window.first; step < window.last; ++step) {
    const auto at = (now.time_since_epoch() + step * step_) / options_.truth_step;
    const auto last = static_cast<std::int64_t>(options_.truth.size()) - 1;
    const auto index = static_cast<std::size_t>(std::clamp<std::int64_t>(at, 0, last));
    rates.roots.push_back(std::sqrt(options_.truth[index]));
    rates.shares.push_back(1.0 / (window.last - window.first));
  }
  return rates;
}

ReplicaValues Valuer::value(const Observation& observation, const Objective& objective) {
  plan(observation);
  count(observation);
  if (answer_ && answer_->ready == observation.ready && answer_->starting == observation.starting) {
    return answer_->values;
  }
  const int queue_limit =
      observation.queue_limit > 0 ? observation.queue_limit : options_.queue_limit;
  const double limit_s = seconds(objective.slo_latency);
  if (!curve_ ||
      !curve_->fits(observation.service, observation.concurrency, queue_limit, limit_s)) {
    curve_.emplace(observation.service, observation.concurrency, queue_limit, limit_s);
  }
  const Rates near = rates(*near_, observation.now);
  const Rates far = rates(*far_, observation.now);
  if (near.roots.empty() || far.roots.empty()) return {};
  answer_ =
      Answer{values(near, far, observation, objective), observation.ready, observation.starting};
  return answer_->values;
}

ReplicaValues Valuer::values(const Rates& near, const Rates& far, const Observation& observation,
                             const Objective& objective) const {
  const int have = observation.ready + observation.starting;
  const double transfer_s = seconds(transfer_of(observation));
  const double horizon_s = observation.release > Duration::zero()
                               ? std::max(seconds(options_.horizon), transfer_s)
                               : seconds(options_.horizon);
  std::vector<double> far_missed;  // a second, by replicas, from the fewest looked at
  const int fewest = std::max(0, have - options_.losses_max);
  for (int n = fewest; n < have + 2 * options_.gains_max; ++n) {
    far_missed.push_back(curve_->missed(far.roots, far.shares, n));
  }
  const auto far_at = [&](int n) { return far_missed[static_cast<std::size_t>(n - fewest)]; };
  const auto near_at = [&](int n) { return curve_->missed(near.roots, near.shares, n); };

  ReplicaValues values;
  for (int k = 1; k <= options_.gains_max; ++k) {
    const int n = have + k - 1;
    double best = 0;
    for (int j = 1; j <= options_.gains_max; ++j) {
      best = std::max(best, (far_at(n) - far_at(n + j)) / j);
    }
    values.gains.push_back(objective.priority * horizon_s * best);
  }
  for (int k = 1; k <= std::min(options_.losses_max, have); ++k) {
    double loss = horizon_s * (far_at(have - k) - far_at(have - k + 1));
    // Starting ones go first: nothing is lost in the near window by them.
    if (const int ready = observation.ready - (k - observation.starting);
        k > observation.starting) {
      loss += transfer_s * (near_at(ready) - near_at(ready + 1));
    }
    values.losses.push_back(objective.priority * std::max(0.0, loss));
  }
  return values;
}

}  // namespace starling
