// What one model's demand may be in a window ahead, learned from its own counts alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "policy/market/hour_scores.h"
#include "policy/policy.h"

namespace starling {

/// Steps from now: the mean count of the steps first … last − 1 is what is foretold.
struct AheadWindow {
  int first = 0;
  int last = 3;
};

/// A possible mean count of the window, and how likely it is.
struct DemandPoint {
  double count = 0;
  double share = 0;
};

/// What the observation's forecast holds possible of √(mean count of a step in the window), as
/// equally likely values; empty without a forecast. Beyond its horizon it stays as it ends.
std::vector<double> foretold(const Observation& observation, AheadWindow window, Duration step);

/// The counts of the last steps, a day of ten seconds each. They are asked for as square roots,
/// which makes their noise even.
class RecentCounts {
 public:
  static constexpr std::size_t kKept = 8700;
  void add(double count);
  std::size_t size() const { return sums_.empty() ? 0 : sums_.size() - 1; }
  /// √ of the mean count of `length` steps, the first of them `back` steps before the end.
  double window_root(std::size_t back, std::size_t length) const;

 private:
  std::deque<double> sums_;  // of counts from the first on, one more than there are counts
};

/// Foretells √(mean count) of a window ahead as a mixture of experts. They are weighed by how
/// likely they held what came of late (log-likelihoods that fade, over the steps of a window, as
/// each count is in so many outcomes) and by what deciding after them would have cost: the inverse
/// square of the pinball loss, which fades more slowly, of the count's 0.9 quantile. There a
/// replica at the price of a tenth of what it serves is just worth having (the critical ratio of
/// the newsvendor problem). By likelihood alone whoever holds an hour's bursts possible at any
/// time, but is sharp between them, would be believed and keep room for them. The experts:
///   linear    recursive least squares on four exponential averages of √count (α .3, .2, .04, 1)
///   and
///             on echoes: the mean of the same window one to three periods ago, scaled by how the
///             level of a whole period has changed since, for periods of 30 … 720 steps
///   level     the fast average
///   last      the last count
///   hour      the windows of the last 360 steps
///   phase     the echoes of the period whose echoes erred least of late, and their neighbours
///   foretold  what somebody else's forecast holds possible, where there is one
///   clock     the present level, changed by as much as it was at this time of each of the last
///             24 hours that are kept, give or take two steps
/// The first three bring their own recent errors. How an expert did at this time of the hours
/// before counts beside how it did of late (HourScores): before a surge that comes each hour, all
/// that was seen of late is quiet. The same counts give the same distribution.
class WindowBelief {
 public:
  WindowBelief(AheadWindow window, Duration step);

  /// To be called once a step, after its count was added to `counts`. `foretold`: equally likely
  /// values of √(mean count of the window) by another forecast; empty without one.
  void observe(const RecentCounts& counts, std::span<const double> foretold = {});
  /// The mean √count of each of equally wide bins of it; empty before the first count.
  std::vector<DemandPoint> distribution() const;
  const AheadWindow& window() const { return window_; }
  /// Windows foretold that are over: how much was learned.
  std::size_t outcomes() const { return linear_errors_.size(); }

 private:
  static constexpr std::size_t kPeriods = 7;
  static constexpr std::size_t kAverages = 4;
  static constexpr std::size_t kFeatures = 1 + kAverages + kPeriods;
  enum Expert : std::size_t { kLinear, kLevel, kLast, kHour, kPhase, kForetold, kClock, kExperts };
  using Features = std::array<double, kFeatures>;

  /// What was held at one moment, until the window it spoke of is over.
  struct Held {
    Features features{};
    double linear = 0;
    double level = 0;
    double last = 0;
    std::array<double, kPeriods> echoes{};            // negative where there is none
    std::array<std::vector<double>, kExperts> roots;  // what each expert held possible …
    std::array<double, kExperts> high{};              // … and the 0.9 quantile of its counts
  };

  Held look(const RecentCounts& counts, std::span<const double> foretold) const;
  std::vector<double> at_this_time_of_the_hour(const RecentCounts& counts) const;
  void learn(const Held& held, double came);
  void fit(const Features& features, double error);
  std::array<double, kExperts> weights() const;
  std::size_t length() const { return static_cast<std::size_t>(window_.last - window_.first); }

  AheadWindow window_;
  std::int64_t steps_ = 0;  // observed
  HourScores<kExperts> hour_scores_;
  std::array<double, kAverages> averages_{};
  Features coefficients_{};
  std::array<Features, kFeatures> inverse_{};  // of the features' correlation
  std::deque<double> linear_errors_, level_errors_, last_errors_, hour_;
  std::array<double, kPeriods> echo_errors_{};
  std::array<double, kExperts> log_weights_{};
  std::array<double, kExperts> losses_{};  // pinball, of counts, fading …
  std::array<double, kExperts> judged_{};  // … and so how often there was one
  std::deque<Held> held_;                  // oldest first; its front is due when a window is over
};

}  // namespace starling
