// Implements control/demand_minutes.h.
#include "control/demand_minutes.h"

#include <algorithm>
#include <utility>

namespace starling {

void DemandMinutes::add(std::int64_t minute, double arrivals, int seconds) {
  if (minutes_.empty()) first_ = minute;
  if (minute < first_) return;
  const auto size = [&] { return static_cast<std::int64_t>(minutes_.size()); };
  if (minute >= first_ + size() + kMinutesKept) {  // a clock that leapt
    minutes_.clear();
    first_ = minute;
  }
  while (first_ + size() <= minute) minutes_.emplace_back();
  while (size() > kMinutesKept) {
    minutes_.pop_front();
    ++first_;
  }
  Minute& of = minutes_[static_cast<std::size_t>(minute - first_)];
  of.arrivals += static_cast<float>(arrivals);
  of.known_seconds = static_cast<std::uint8_t>(std::min(60, of.known_seconds + seconds));
}

void DemandMinutes::take_over(std::int64_t first, const std::vector<Minute>& minutes) {
  if (minutes.empty()) return;
  const std::int64_t last = first + static_cast<std::int64_t>(minutes.size());
  const std::int64_t own_last = first_ + static_cast<std::int64_t>(minutes_.size());
  const std::int64_t end = empty() ? last : std::max(last, own_last);
  const std::int64_t begin =
      std::max(end - kMinutesKept, empty() ? first : std::min(first, first_));
  std::deque<Minute> merged;
  for (std::int64_t minute = begin; minute < end; ++minute) {
    const Minute own = at(minute);
    const bool there = minute >= first && minute < last;
    const Minute other = there ? minutes[static_cast<std::size_t>(minute - first)] : Minute{};
    merged.push_back(other.known_seconds > own.known_seconds ? other : own);
  }
  first_ = begin;
  minutes_ = std::move(merged);
}

DemandMinutes::Minute DemandMinutes::at(std::int64_t minute) const {
  const std::int64_t index = minute - first_;
  if (index < 0 || index >= static_cast<std::int64_t>(minutes_.size())) return {};
  return minutes_[static_cast<std::size_t>(index)];
}

}  // namespace starling
