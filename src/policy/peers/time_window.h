// The mean of what was observed over a window of time.
#pragma once

#include <deque>
#include <optional>

#include "base/clock.h"

namespace starling {

/// Values with the time that each stands for, its end given; the same instants give the same mean.
class TimeWindow {
 public:
  explicit TimeWindow(Duration length) : length_(length) {}

  /// `value` held during [until − span, until). Times do not go back.
  void add(TimePoint until, Duration span, double value);
  /// Over [now − length, now), weighed by time; 0 where nothing is known.
  double mean(TimePoint now) const;

 private:
  struct Span {
    TimePoint from;
    TimePoint until;
    double value;
  };
  Duration length_;
  std::deque<Span> spans_;
};

/// For how long something has been so without interruption.
class Lasting {
 public:
  /// Whether it was so for at least `length` until now, this moment included.
  bool for_at_least(Duration length, bool now_so, TimePoint now);
  void restart() { since_.reset(); }

 private:
  std::optional<TimePoint> since_;
};

/// A number of replicas that no double is too large for.
int whole_replicas(double replicas);

}  // namespace starling
