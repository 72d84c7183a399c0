// One model's demand, added up over the gateways that report it: the last hour second by second,
// the week before it by minutes.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "control/demand_minutes.h"
#include "control/handover.h"
#include "control/messages.h"
#include "policy/policy.h"
#include "trace/series.h"

namespace starling {

class Demand {
 public:
  /// What service_time() is the mean of.
  static constexpr std::chrono::seconds kServiceWindow{300};

  static constexpr int kSecondsKept = 3600;

  void add(TimePoint second, const TrafficSample& sample);
  /// What is known from before this record began. It shows in series() alone, as the arrivals of a
  /// second that nobody has reported: of load and latency nothing is remembered. Oldest first.
  void remember(TimePoint second, std::uint64_t arrivals);
  /// Likewise of a whole minute, in `known_seconds` of which demand was known. Minutes come before
  /// the seconds that follow them.
  void remember_minute(TimePoint minute, std::uint64_t arrivals, int known_seconds);
  /// All that series() goes by.
  DemandPast past() const;
  /// Likewise as remember(), of all that is not known here, however old.
  void take_over(const DemandPast& past);

  /// Arrivals in the second that began then; nothing when no gateway has reported it.
  std::optional<std::uint64_t> arrivals_in(TimePoint second) const;
  /// Arrivals per second over the last `window` whole seconds before `now`; unknown seconds are
  /// left out.
  double arrival_rate(TimePoint now, Duration window) const;
  /// The mean over the same window of requests in flight, and queued, at all gateways together.
  double in_flight(TimePoint now, Duration window) const;
  double queued(TimePoint now, Duration window) const;
  /// Seconds of service that requests took, per second of time: the mean number of busy slots.
  double busy(TimePoint now, Duration window) const;
  /// Mean and squared coefficient of variation of the service time over the last minutes,
  /// or `fallback` while fewer than a handful of requests were served.
  ServiceTime service_time(ServiceTime fallback) const;
  LatencyHistogram latency(TimePoint now, Duration window) const;
  struct Counts {
    std::uint64_t arrivals = 0, completed = 0, failed = 0, rejected = 0, within_slo = 0;
    /// Every one that has its outcome: whatever of it was not within the SLO has missed it.
    std::uint64_t judged() const { return completed + failed + rejected; }
  };
  Counts counts(TimePoint now, Duration window) const;

  /// Requests per second at steps of `step` (whole seconds), oldest first, up to the last whole
  /// step before `now`. Steps of a minute and more reach back a week, those of ten seconds and more
  /// a day (beyond the hour each is its minute's mean), shorter ones the hour.
  Series series(TimePoint now, Duration step) const;
  /// Likewise, but so far back by minutes as is said, whatever the step.
  Series series(TimePoint now, Duration step, Duration reach) const;
  /// Where series() ends.
  static TimePoint series_end(TimePoint now, Duration step);

 private:
  struct Second {
    bool known = false;
    std::optional<std::uint64_t> remembered;  // arrivals
    std::uint64_t arrivals = 0, completed = 0, failed = 0, rejected = 0, within_slo = 0;
    double in_flight = 0, queued = 0;
    double service_sum_s = 0, service_square_sum = 0;
    std::uint64_t service_count = 0;
    LatencyHistogram latency;

    std::optional<std::uint64_t> arrivals_known() const {
      return known ? std::optional(arrivals) : remembered;
    }
  };
  /// Makes room for the second; nullptr when it is older than all that is kept.
  Second* place(std::int64_t second);
  /// Calls visit(second) for the known seconds in [now − window, now), the running second excluded.
  template <typename Visit>
  int over(TimePoint now, Duration window, Visit visit) const;

  void widen(std::int64_t first, std::int64_t last);
  /// Moves the oldest second to its minute.
  void retire_oldest();
  /// Requests per second in [begin, end), Unix seconds; nothing where no second is known.
  std::optional<double> mean_rate(std::int64_t begin, std::int64_t end) const;

  std::int64_t first_ = 0;  // Unix second of seconds_.front()
  std::deque<Second> seconds_;
  DemandMinutes minutes_;  // of seconds before first_
};

}  // namespace starling
