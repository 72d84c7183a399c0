// When to try again something that keeps failing.
#pragma once

#include <algorithm>

#include "base/clock.h"

namespace starling {

/// Doubling waits between attempts, from `first` to `longest`; after `steady` without an attempt it
/// starts over.
class Backoff {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  explicit Backoff(Duration first = 100ms, Duration longest = 10s, Duration steady = 30s)
      : first_(first), longest_(longest), steady_(steady) {}

  /// An attempt is made at `now`. The next one should not be made before `next()`.
  void attempt(SteadyTime now) {
    const bool fresh = wait_ == Duration{} || now - last_ > steady_;
    wait_ = fresh ? first_ : std::min(longest_, 2 * wait_);
    last_ = now;
  }
  /// The past, before the first attempt.
  SteadyTime next() const { return last_ + wait_; }

 private:
  Duration first_, longest_, steady_;
  Duration wait_{};
  SteadyTime last_{};
};

}  // namespace starling
