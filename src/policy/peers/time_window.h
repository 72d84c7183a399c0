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
  /// Over what is known of [now − length, now), weighed by time; 0 where nothing is.
  double mean(TimePoint now) const;
  /// Over all of [now − length, now): what is not known counts as 0.
  double mean_of_whole(TimePoint now) const;

 private:
  struct Span {
    TimePoint from;
    TimePoint until;
    double value;
  };
  struct Sum {
    double value_s = 0;
    double time_s = 0;
  };
  Sum sum(TimePoint now) const;

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

/// The least whole number of replicas not below it: 0 for what is no number, a million at most.
int whole_replicas(double replicas);

}  // namespace starling
