// Implements control/demand_minutes.h.
#include "control/demand_minutes.h"

#include <algorithm>

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

DemandMinutes::Minute DemandMinutes::at(std::int64_t minute) const {
  const std::int64_t index = minute - first_;
  if (index < 0 || index >= static_cast<std::int64_t>(minutes_.size())) return {};
  return minutes_[static_cast<std::size_t>(index)];
}

}  // namespace starling
