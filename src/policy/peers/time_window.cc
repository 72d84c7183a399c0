// Implements policy/peers/time_window.h.
#include "policy/peers/time_window.h"

#include <algorithm>
#include <cmath>

#include "base/units.h"

namespace starling {

void TimeWindow::add(TimePoint until, Duration span, double value) {
  spans_.push_back({until - span, until, value});
  while (spans_.front().until <= until - length_) spans_.pop_front();
}

double TimeWindow::mean(TimePoint now) const {
  double sum = 0;
  double time = 0;
  for (const Span& span : spans_) {
    const TimePoint from = std::max(span.from, now - length_);
    const TimePoint until = std::min(span.until, now);
    if (until <= from) continue;
    sum += span.value * seconds(until - from);
    time += seconds(until - from);
  }
  return time > 0 ? sum / time : 0;
}

bool Lasting::for_at_least(Duration length, bool now_so, TimePoint now) {
  if (!now_so) {
    since_.reset();
    return false;
  }
  if (!since_) since_ = now;
  return now - *since_ >= length;
}

int whole_replicas(double replicas) {
  constexpr double kMost = 1e6;
  // A quotient that is whole but for rounding is not one more.
  return static_cast<int>(std::clamp(std::ceil(replicas - 1e-9), 0.0, kMost));
}

}  // namespace starling
