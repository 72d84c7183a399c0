// Time as an argument: the core takes TimePoint values, only the apps own a Clock.
#pragma once

#include <chrono>

namespace starling {

using Duration = std::chrono::microseconds;
/// Microseconds since the Unix epoch.
using TimePoint = std::chrono::sys_time<Duration>;

using namespace std::chrono_literals;

/// Seconds as a floating-point number, for rates and formulas.
inline double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }
inline Duration from_seconds(double s) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(s));
}
/// Seconds since the Unix epoch.
inline double unix_seconds(TimePoint t) { return seconds(t.time_since_epoch()); }
inline TimePoint from_unix_seconds(double s) { return TimePoint{from_seconds(s)}; }

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
};

/// Wall-clock time at construction, advanced by the monotonic clock: it never steps backwards.
class SystemClock final : public Clock {
 public:
  SystemClock()
      : wall_(std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now())),
        steady_(std::chrono::steady_clock::now()) {}
  TimePoint now() const override {
    return wall_ + std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - steady_);
  }

 private:
  TimePoint wall_;
  std::chrono::steady_clock::time_point steady_;
};

}  // namespace starling
