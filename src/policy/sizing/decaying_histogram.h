// How much of a resource was used, remembered by size and fading with time.
#pragma once

#include <vector>

#include "base/clock.h"

namespace starling {

/// Buckets that grow by a constant factor: the first is `first` wide, each next one `growth` times
/// the one before; what is beyond `largest` counts in the last. A value is known to within
/// (growth − 1) of itself plus `first`.
struct HistogramShape {
  double first = 0.001;
  double growth = 1.05;
  double largest = 1000;
};

/// A histogram in which a sample's weight halves with every half-life, as Autopilot (Rzadca et al.,
/// EuroSys 2020) and Kubernetes' vertical autoscaler describe theirs. Samples may come in any
/// order; time is that of the samples, so silence forgets nothing.
class DecayingHistogram {
 public:
  DecayingHistogram(HistogramShape shape, Duration half_life);

  /// All that it holds: the weight of each bucket as at `reference`, in samples of that time.
  struct State {
    std::vector<double> weights;  // without the zeros at the end
    TimePoint reference{};
    bool operator==(const State&) const = default;
  };
  State state(TimePoint reference) const;
  /// In place of what it holds. Weights that are negative or no number, and those beyond the last
  /// bucket, are left out.
  void restore(const State& state);

  /// Refused (false): a value or weight that is negative or no number. Infinity counts as largest.
  bool add(double value, double weight, TimePoint time);
  /// The upper edge of the bucket in which the share `q` of all weight is reached, so never below
  /// the quantile of the samples; 0 while it is empty or where all that weighs was 0.
  double quantile(double q) const;
  bool empty() const { return total_ <= 0; }
  /// The weight of everything, as at `time`.
  double weight(TimePoint time) const;

 private:
  std::size_t bucket_of(double value) const;
  double upper_edge(std::size_t bucket) const;
  double factor(TimePoint time) const;
  void rebase(TimePoint time);

  HistogramShape shape_;
  Duration half_life_;
  std::vector<double> weights_;  // as they would be at `reference_`; [0] is of zeros alone
  double total_ = 0;
  TimePoint reference_{};
};

}  // namespace starling
