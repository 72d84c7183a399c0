// What policies need to know of time: means over a window of it, how long something lasts, and
// what is done once a period.
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

/// What is to be done once a period by somebody who comes by at other times: at the first of them
/// at or after each moment, so that it is done as often as the period says in the mean.
class Periodic {
 public:
  bool has_begun() const { return next_.has_value(); }
  bool due(TimePoint now) const { return !next_ || now >= *next_; }
  /// It was done, and is due again a period after the last moment, which is returned: it may be a
  /// little earlier than now. The first time begins the count.
  TimePoint done(TimePoint now, Duration period);

 private:
  std::optional<TimePoint> next_;
};

/// The least whole number of replicas not below it: 0 for what is no number, a million at most.
int whole_replicas(double replicas);

}  // namespace starling
