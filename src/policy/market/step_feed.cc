// Implements policy/market/step_feed.h.
#include "policy/market/step_feed.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace starling {
namespace {

constexpr Duration kLearnedAgain = std::chrono::hours(1);
constexpr std::int64_t kLearnedAgainMax = 720;      // steps …
constexpr std::int64_t kMinutesLearnedAgain = 360;  // … and where they are of minutes and more

/// So many steps at the end of a record are learned again: of those shorter than a minute none from
/// before the last hour, in which they would be their minutes' means.
std::int64_t learned_again(const PastArrivals::Rates& rates, Duration step) {
  const Duration known =
      rates.step * static_cast<std::int64_t>(rates.per_s.size() - rates.known_from);
  const auto most = step >= std::chrono::minutes(1)
                        ? kMinutesLearnedAgain
                        : std::min<std::int64_t>(kLearnedAgain / step, kLearnedAgainMax);
  return std::min<std::int64_t>(known / step, most);
}

/// The record in whole steps of another length, up to its end.
std::vector<double> resampled(const PastArrivals::Rates& rates, Duration step) {
  std::vector<double> sums{0};  // requests from the beginning on
  for (const double rate : rates.per_s) sums.push_back(sums.back() + rate * seconds(rates.step));
  const auto sum_until = [&](Duration time) {
    const auto whole = static_cast<std::size_t>(time / rates.step);
    if (whole + 1 >= sums.size()) return sums.back();
    const double part = seconds(time % rates.step) / seconds(rates.step);
    return sums[whole] + part * (sums[whole + 1] - sums[whole]);
  };
  const Duration length = rates.step * static_cast<std::int64_t>(rates.per_s.size());
  std::vector<double> counts;
  for (Duration begin = length % step; begin + step <= length; begin += step)
    counts.push_back(sum_until(begin + step) - sum_until(begin));
  return counts;
}

}  // namespace

void StepFeed::begin(const Observation& observation, Duration step, RecentCounts& counts,
                     Record record) {
  if (step != step_ || observation.past != nullptr) counts = {};
  step_ = step;
  count_ = 0;
  counted_ = {};
  last_.reset();
  waiting_.clear();
  if (observation.past == nullptr) return;
  const PastArrivals::Rates rates =
      observation.past->rates(step, step * static_cast<std::int64_t>(RecentCounts::kKept));
  const auto past = resampled(rates, step);
  const auto again = record == Record::kCountsAlone ? 0 : learned_again(rates, step);
  const auto middle = past.end() - static_cast<std::ptrdiff_t>(again);
  for (auto count = past.begin(); count != middle; ++count) counts.add(*count);
  waiting_.assign(middle, past.end());
}

void StepFeed::observe(const Observation& observation) {
  part_ = kAtOnce;
  const Duration interval = std::max(observation.interval, Duration(1));
  std::int64_t intervals = 1;
  if (last_) intervals = std::max(intervals, (observation.now - *last_ + interval / 2) / interval);
  last_ = observation.now;
  count_ += observation.arrival_rate * seconds(intervals * interval);
  counted_ += intervals * interval;
  if (counted_ < step_) return;
  const double rate = count_ / seconds(counted_);
  const auto steps = std::min(counted_ / step_, kLateMax);
  waiting_.insert(waiting_.end(), static_cast<std::size_t>(steps), rate * seconds(step_));
  counted_ %= step_;
  count_ = rate * seconds(counted_);
}

bool StepFeed::lost(const Observation& observation) const {
  return last_ && observation.now - *last_ > kLateMax * step_;
}

std::optional<double> StepFeed::next() {
  if (waiting_.empty() || part_ == 0) return std::nullopt;
  --part_;
  const double count = waiting_.front();
  waiting_.pop_front();
  return count;
}

}  // namespace starling
