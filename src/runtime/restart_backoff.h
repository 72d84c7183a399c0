// How long a crashed replica waits before its next start, and when it is given up.
#pragma once

#include <algorithm>
#include <optional>

#include "base/clock.h"

namespace starling {

/// 0.5 s, 1 s, 2 s, … 30 s between starts. After `attempts_max` failures in a row there is no next
/// start. A replica that was ready for `stable_after` has recovered: its failures are forgotten. (A
/// replica that gets ready and crashes at its first request must not start over at 0.5 s for ever.)
class RestartBackoff {
 public:
  struct Rules {
    Duration first{500ms};
    Duration longest{30s};
    int attempts_max = 5;
    Duration stable_after{30s};
  };

  explicit RestartBackoff(const Rules& rules) : rules_(rules) {}

  /// The wait before the next start, or none when the replica is given up. `ready_for`: how long it
  /// was ready.
  std::optional<Duration> failed(Duration ready_for) {
    if (ready_for >= rules_.stable_after) failures_ = 0;
    if (++failures_ >= rules_.attempts_max) return std::nullopt;
    Duration wait = rules_.first;
    for (int i = 1; i < failures_ && wait < rules_.longest; ++i) wait *= 2;
    return std::min(wait, rules_.longest);
  }
  int failures() const { return failures_; }

 private:
  Rules rules_;
  int failures_ = 0;
};

}  // namespace starling
