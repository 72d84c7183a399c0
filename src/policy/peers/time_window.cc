// Implements policy/peers/time_window.h.
#include "policy/peers/time_window.h"

#include <algorithm>
#include <cmath>

#include "base/units.h"

namespace starling {

void TimeWindow::add(TimePoint until, Duration span, double value) {
  TimePoint from = until - span;
  // An observation that comes early would count twice what the last one has told already.
  if (!spans_.empty()) from = std::clamp(spans_.back().until, from, std::max(from, until));
  spans_.push_back({from, until, value});
  while (!spans_.empty() && spans_.front().until <= until - length_) spans_.pop_front();
}

TimeWindow::Sum TimeWindow::sum(TimePoint now) const {
  Sum sum;
  for (const Span& span : spans_) {
    const TimePoint from = std::max(span.from, now - length_);
    const TimePoint until = std::min(span.until, now);
    if (until <= from) continue;
    sum.value_s += span.value * seconds(until - from);
    sum.time_s += seconds(until - from);
  }
  return sum;
}

double TimeWindow::mean(TimePoint now) const {
  const Sum known = sum(now);
  return known.time_s > 0 ? known.value_s / known.time_s : 0;
}

double TimeWindow::mean_of_whole(TimePoint now) const {
  return length_ > Duration{} ? sum(now).value_s / seconds(length_) : 0;
}

bool Lasting::for_at_least(Duration length, bool now_so, TimePoint now) {
  if (!now_so) {
    since_.reset();
    return false;
  }
  if (!since_) since_ = now;
  return now - *since_ >= length;
}

TimePoint Periodic::done(TimePoint now, Duration period) {
  period = std::max(period, Duration{1});
  const TimePoint next = next_.value_or(now);
  const TimePoint moment = next + period * ((now - next) / period);
  next_ = moment + period;
  return moment;
}

int whole_replicas(double replicas) {
  constexpr double kMost = 1e6;
  // A quotient that is whole but for rounding is not one more.
  const double whole = std::ceil(replicas - 1e-9);
  return whole > 0 ? static_cast<int>(std::min(whole, kMost)) : 0;
}

}  // namespace starling
