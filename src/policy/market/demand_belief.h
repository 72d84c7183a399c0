// What one model's demand may be in a window ahead, learned from its own counts alone.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <vector>

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

/// The counts of the last steps as square roots, which makes their noise even.
class RecentCounts {
 public:
  static constexpr std::size_t kKept = 1200;
  void add(double count);
  std::size_t size() const { return roots_.size(); }
  /// √ of the mean count of `length` steps, the first of them `back` steps before the end.
  double window_root(std::size_t back, std::size_t length) const;
  double root(std::size_t back) const { return roots_[roots_.size() - back]; }

 private:
  std::deque<double> roots_;
};

/// Foretells √(mean count) of a window ahead as a mixture of experts, weighed by how likely they
/// held what came of late (log-likelihoods that fade):
///   linear  recursive least squares on three exponential averages of √count (α .3, .2, .04) and on
///           echoes: the mean of the same window one to three periods ago, for periods of 30 … 360
///           steps
///   level   the fast average
///   hour    the windows of the last 360 steps
///   phase   the echoes of the period whose echoes erred least of late, and their neighbours
/// The first two bring their own recent errors. The same counts give the same distribution.
class WindowBelief {
 public:
  explicit WindowBelief(AheadWindow window);

  /// To be called once a step, after its count was added to `counts`.
  void observe(const RecentCounts& counts);
  /// Points in equally wide bins of √count; empty before the first count.
  std::vector<DemandPoint> distribution() const;
  const AheadWindow& window() const { return window_; }

 private:
  static constexpr std::size_t kPeriods = 6;
  static constexpr std::size_t kFeatures = 4 + kPeriods;
  static constexpr std::size_t kExperts = 4;
  using Features = std::array<double, kFeatures>;

  /// What was held at one moment, until the window it spoke of is over.
  struct Held {
    Features features{};
    double linear = 0;
    double level = 0;
    std::array<double, kPeriods> echoes{};            // negative where there is none
    std::array<std::vector<double>, kExperts> roots;  // what each expert held possible
  };

  Held look(const RecentCounts& counts) const;
  void learn(const Held& held, double came);
  void fit(const Features& features, double error);
  std::array<double, kExperts> weights() const;
  std::size_t length() const { return static_cast<std::size_t>(window_.last - window_.first); }

  AheadWindow window_;
  std::array<double, 3> averages_{};
  Features coefficients_{};
  std::array<Features, kFeatures> inverse_{};  // of the features' correlation
  std::deque<double> linear_errors_, level_errors_, hour_;
  std::array<double, kPeriods> echo_errors_{};
  std::array<double, kExperts> log_weights_{};
  std::deque<Held> held_;  // oldest first; its front is due when a window is over
};

}  // namespace starling
