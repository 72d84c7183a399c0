// Implements policy/market/demand_outlook.h.
#include "policy/market/demand_outlook.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace starling {
namespace {

constexpr int kLeadStepsMax = 8;    // a lead time is looked at in about so many steps
constexpr double kTrickle = 1e-3;   // requests a second
constexpr double kAlike = 0.3;      // surges so far apart in size tell little of one another
constexpr double kStaysWeight = 3;  // of a surge that stays as it is, before others were seen
constexpr double kGrowthMax = 8;    // where all but nothing was expected it would have no bound

Duration lead_of(const Observation& observation) {
  return observation.cold_start + observation.interval;
}

std::int64_t whole_steps(Duration time, Duration step) {
  return (time + step - Duration(1)) / step;
}

double surge_size(double rate, double expected) {
  return std::log(rate / std::max(expected, kTrickle));
}

/// The smallest multiple of the interval that gives a lead time few enough steps.
Duration step_for(Duration lead, Duration interval) {
  interval = std::max(interval, Duration(1));
  return interval * std::max<std::int64_t>(1, whole_steps(lead, kLeadStepsMax * interval));
}

}  // namespace

void DemandOutlook::plan(const Observation& observation) {
  const Duration step = step_for(lead_of(observation), observation.interval);
  // A cold start measured anew changes the step by a little: what was learned is worth more.
  if (belief_ && !feed_.lost(observation) && step <= 2 * step_ && step_ <= 2 * step) {
    const auto lead = whole_steps(lead_of(observation), step_);
    if (std::abs(lead - belief_->window().first) <= 2) return;
  }
  surges_.clear();
  foreseen_.clear();
  step_ = step;
  const auto lead = static_cast<int>(whole_steps(lead_of(observation), step));
  belief_.emplace(AheadWindow{lead, lead + kWindowSteps}, step);
  feed_.begin(observation, step, counts_);
}

Duration DemandOutlook::reach_of(Duration cold_start, Duration interval) {
  const Duration lead = cold_start + interval;
  const Duration step = step_for(lead, interval);
  return (whole_steps(lead, step) + kWindowSteps) * step;
}

void DemandOutlook::observe(const Observation& observation) {
  plan(observation);
  rate_ = observation.arrival_rate;
  feed_.observe(observation);
  while (const auto count = feed_.next()) {
    counts_.add(*count);
    ++steps_;
    // The forecast is of now: of the past it would know what came.
    const bool now = !feed_.behind();
    belief_->observe(counts_,
                     now ? foretold(observation, belief_->window(), step_) : std::vector<double>());
    learn_growth();
  }
  look_for_surge(observation);
}

/// What came of the surges whose windows are over now.
void DemandOutlook::learn_growth() {
  while (!surges_.empty() && surges_.front().step + belief_->window().last <= steps_) {
    if (counts_.size() >= kWindowSteps) {
      const double root = counts_.window_root(kWindowSteps, kWindowSteps);
      const Surge& surge = surges_.front();
      const double came = root * root / seconds(step_);
      const double factor = (came - surge.expected) / (surge.rate - surge.expected);
      growths_.push_back(
          {surge_size(surge.rate, surge.expected), std::clamp(factor, -kGrowthMax, kGrowthMax)});
      if (growths_.size() > kGrowthsKept) growths_.pop_front();
    }
    surges_.pop_front();
  }
}

void DemandOutlook::look_for_surge(const Observation& observation) {
  surging_ = false;
  if (!learned()) return;
  const std::int64_t made = steps_ - belief_->window().first;
  while (foreseen_.size() > 1 && foreseen_[1].step <= made) foreseen_.pop_front();
  if (!foreseen_.empty() && foreseen_.front().step <= made) {
    surging_ = is_surge(rate_, foreseen_.front().high, observation.interval);
    expected_ = foreseen_.front().expected;
  }
  // Once a step, however many decisions it has: one surge shall not fill the memory of them.
  if (surging_ && (surges_.empty() || surges_.back().step < steps_))
    surges_.push_back({steps_, expected_, rate_});
  if (foreseen_.empty() || foreseen_.back().step < steps_) {
    const auto window = quantiles(std::array{0.5, kSurgeLevel});
    foreseen_.push_back({steps_, window[0], window[1]});
  }
}

DemandOutlook::Rates DemandOutlook::surge_rates() const {
  const double size = surge_size(rate_, expected_);
  std::vector<std::pair<double, double>> weighed{{1, kStaysWeight}};  // factor, weight
  double sum = kStaysWeight;
  for (const Growth& growth : growths_) {
    const double apart = (growth.size - size) / kAlike;
    weighed.emplace_back(growth.factor, std::exp(-apart * apart / 2));
    sum += weighed.back().second;
  }
  std::sort(weighed.begin(), weighed.end());
  Rates rates;
  for (const auto& [factor, weight] : weighed) {
    rates.roots.push_back(std::sqrt(std::max(0.0, expected_ + factor * (rate_ - expected_))));
    rates.shares.push_back(weight / sum);
  }
  return rates;
}

DemandOutlook::Rates DemandOutlook::rates() const {
  Rates rates;
  if (surging_) return surge_rates();
  for (const auto& [count, share] : belief_->distribution()) {
    rates.roots.push_back(std::sqrt(count / seconds(step_)));
    rates.shares.push_back(share);
  }
  return rates;
}

std::vector<double> DemandOutlook::quantiles(std::span<const double> levels) const {
  const auto points = belief_->distribution();
  std::vector<double> rates;
  double below = 0;
  auto point = points.begin();
  for (const double level : levels) {
    while (point != points.end() && below + point->share < level) below += (point++)->share;
    const double count = point != points.end() ? point->count
                         : points.empty()      ? 0
                                               : points.back().count;
    rates.push_back(count / seconds(step_));
  }
  return rates;
}

bool is_surge(double arrival_rate, double planned_rate, Duration interval) {
  constexpr double kDeviations = 2;
  return arrival_rate >
         planned_rate + kDeviations * std::sqrt(planned_rate / std::max(1e-6, seconds(interval)));
}

}  // namespace starling
