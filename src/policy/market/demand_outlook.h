// The demand that replicas started now will meet: as a distribution, from all that is known.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "policy/market/demand_belief.h"
#include "policy/market/step_feed.h"
#include "policy/policy.h"

namespace starling {

/// Keeps one model's arrivals in steps and a belief about the window that begins when a replica
/// started at the next decision is ready, three steps long. The observation's forecast takes part
/// as one of the belief's experts. A belief learned in quiet times is too sure that what it did not
/// foresee stays as it is. So when more arrives than it held possible a cold start ago, when the
/// replicas that are ready now had to be asked for, what comes of it is judged by what came of
/// surges of like size: how much of the excess was there in their windows.
class DemandOutlook {
 public:
  /// Observations come in the order of time, one a decision.
  void observe(const Observation& observation);
  /// Requests a second that the window's mean stays below with probability `level`. Call it once
  /// something was learned.
  double quantile(double level) const { return quantiles({&level, 1}).front(); }
  /// Of rising levels, at once.
  std::vector<double> quantiles(std::span<const double> levels) const;
  /// Whether more arrives than was foreseen, beyond chance.
  bool surging() const { return surging_; }
  /// What the window's mean may be: √ of requests a second, rising, with their shares. In a surge,
  /// what was expected and the excess over it times each of the last growths.
  struct Rates {
    std::vector<double> roots;
    std::vector<double> shares;
  };
  Rates rates() const;
  /// Enough windows are over to know how far off the belief is, and all that is recorded was seen.
  bool learned() const { return belief_ && belief_->outcomes() >= kLearned && !feed_.behind(); }
  /// How far a forecast must reach to speak of the whole window.
  static Duration reach_of(Duration cold_start, Duration interval);
  /// From a decision to the end of the window that it is made for.
  Duration reach() const { return belief_ ? belief_->window().last * step_ : Duration{}; }

 private:
  static constexpr std::size_t kLearned = 12;
  static constexpr int kWindowSteps = 3;
  static constexpr double kSurgeLevel = 0.9;
  static constexpr std::size_t kGrowthsKept = 64;

  /// A step of a surge whose window is still to come.
  struct Surge {
    std::int64_t step = 0;
    double expected = 0;  // requests a second
    double rate = 0;
  };
  /// What the window was held to bring, at a step before it.
  struct Foreseen {
    std::int64_t step = 0;
    double expected = 0;  // requests a second
    double high = 0;      // its kSurgeLevel quantile
  };
  /// What came of a surge.
  struct Growth {
    double size = 0;    // log(rate / expected)
    double factor = 1;  // of the excess over what was expected, this was there in the window
  };

  Rates surge_rates() const;
  void plan(const Observation& observation);
  void learn_growth();
  void look_for_surge(const Observation& observation);

  Duration step_{};
  StepFeed feed_;
  RecentCounts counts_;
  std::optional<WindowBelief> belief_;
  std::int64_t steps_ = 0;  // counted so far
  bool surging_ = false;
  double rate_ = 0;                // that arrives now
  double expected_ = 0;            // what was foreseen of it
  std::deque<Foreseen> foreseen_;  // until its window begins
  std::deque<Surge> surges_;
  std::deque<Growth> growths_;
};

/// Whether more arrives than was planned for, by over two deviations of a Poisson count.
bool is_surge(double arrival_rate, double planned_rate, Duration interval);

}  // namespace starling
