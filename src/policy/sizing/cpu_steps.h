// The CPU of replicas from decision to decision: how far from the size that was decided, in steps.
#pragma once

#include <algorithm>
#include <cmath>
#include <deque>
#include <utility>

#include "base/clock.h"

namespace starling {

/// A step more is kSizeStep times the CPU, from kSizeStepsMax below the decided size to as many
/// above it.
constexpr double kSizeStep = 1.4;
constexpr int kSizeStepsMax = 2;

/// What replicas that are ready do with so many steps.
struct SteppedService {
  double missed = 0;    // share of requests
  double capacity = 0;  // requests a second
};

/// The fewest steps with which replicas that are ready miss no more than they may of what comes
/// now: `rate` (requests a second, what waits included) and a standard deviation of its count in
/// an interval. One step at most is saved where load is low; where none is enough, those that miss
/// least, and where as many are late whatever is done, those that serve most.
/// `serve(rate, steps)` gives a SteppedService.
///
/// Replicas are resized in place and at once, where another one takes a cold start.
template <typename Serve>
int steps_needed(double rate, double interval_s, double allowed, const Serve& serve) {
  constexpr int kSavedMax = 1;
  const double high = rate + std::sqrt(rate / interval_s);
  int best = -kSavedMax;
  if (rate <= 0) return best;
  SteppedService known = serve(high, best);
  for (int steps = best + 1; steps <= kSizeStepsMax && known.missed > allowed; ++steps) {
    const SteppedService more = serve(high, steps);
    const bool serves_more = known.capacity < high && more.capacity > known.capacity;
    // Beyond a core a request is no faster.
    if (more.missed > known.missed || (more.missed == known.missed && !serves_more)) continue;
    known = more;
    best = steps;
  }
  return best;
}

/// For so long steps that are no longer needed are kept.
constexpr Duration kStepsHeld{std::chrono::seconds(15)};

/// Lets steps rise at once and fall when none of the last seconds needed them.
class HeldSteps {
 public:
  int hold(TimePoint now, int steps) {
    std::erase_if(wished_, [&](const auto& wish) {
      return wish.first <= now - kStepsHeld || wish.first > now;
    });
    wished_.emplace_back(now, steps);
    const auto most = std::max_element(wished_.begin(), wished_.end(),
                                       [](auto& a, auto& b) { return a.second < b.second; });
    return most->second;
  }

 private:
  std::deque<std::pair<TimePoint, int>> wished_;
};

}  // namespace starling
