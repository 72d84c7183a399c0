// What each of several experts was worth at each time of the hour.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "policy/policy.h"

namespace starling {

/// People and timers begin things at full and half hours. Who foretells these minutes well need not
/// do so for the rest, and the other way about; so experts are remembered by the time of the hour,
/// in halves of a minute. An hour later each outcome counts a factor 0.8 less. The hour begins with
/// the first step: it need not be the clock's.
template <std::size_t experts>
class HourScores {
 public:
  struct Score {
    double log_likelihood = 0;  // sum over outcomes, of what came
    double loss = 0;            // likewise
    double times = 0;           // outcomes
  };

  explicit HourScores(Duration step)
      : hour_steps_(seconds(std::chrono::hours(1)) / seconds(step)),
        fade_(std::pow(kHourFade, std::min(1.0, kBins / hour_steps_))) {}

  /// Of an outcome at `step`, counted from the first.
  void add(std::int64_t step, std::size_t expert, double log_likelihood, double loss) {
    Score& score = bins_[bin_of(step)][expert];
    score.log_likelihood = fade_ * score.log_likelihood + log_likelihood;
    score.loss = fade_ * score.loss + loss;
    score.times = fade_ * score.times + 1;
  }
  /// Of outcomes that came within half a minute to a minute of the same time of the hour. Of steps
  /// shorter than ten seconds each counts for less, so that an hour always counts alike.
  Score around(std::int64_t step, std::size_t expert) const {
    Score sum;
    const std::size_t middle = bin_of(step);
    for (const std::size_t ahead : {kBins - 1, kBins, kBins + 1}) {
      const Score& score = bins_[(middle + ahead) % kBins][expert];
      sum.log_likelihood += score.log_likelihood;
      sum.loss += score.loss;
      sum.times += score.times;
    }
    const double share = std::min(1.0, kBins * kBinSteps / hour_steps_);
    sum.log_likelihood *= share;
    sum.loss *= share;
    sum.times *= share;
    return sum;
  }
  double hour_steps() const { return hour_steps_; }

 private:
  static constexpr std::size_t kBins = 120;
  static constexpr double kBinSteps = 3;  // in a bin, of ten seconds each
  static constexpr double kHourFade = 0.8;

  std::size_t bin_of(std::int64_t step) const {
    const double hours = static_cast<double>(step) / hour_steps_;
    return std::min(kBins - 1, static_cast<std::size_t>((hours - std::floor(hours)) * kBins));
  }

  double hour_steps_;
  double fade_;  // an outcome
  std::array<std::array<Score, experts>, kBins> bins_{};
};

}  // namespace starling
