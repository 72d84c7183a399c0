// The contract of every forecaster: history in, quantiles of demand for each step of a horizon out.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace starling {

inline constexpr std::array<double, 12> kQuantileLevels{0.05, 0.1, 0.2, 0.3, 0.4,  0.5,
                                                        0.6,  0.7, 0.8, 0.9, 0.95, 0.99};
using Quantiles = std::array<double, kQuantileLevels.size()>;

/// A view on one workload's past, oldest first. Where present[i] is 0 the value is unknown.
struct HistoryView {
  std::span<const double> values;
  std::span<const std::uint8_t> present;  // the same length as values
  TimePoint start{};                      // of values[0]
  Duration step{1s};
  int season = 0;  // steps in a season that the caller knows of (a day), 0 if none
};

/// One of several forecasters that a forecast was mixed from.
struct ExpertShare {
  std::string name;  // as a Forecast::method names it: "net-3f2a90c1", "ses"
  double share = 0;
};

/// How often a model's 0.9 quantiles covered what came. The shares are 0 without outcomes.
struct CoverageSoFar {
  std::int64_t outcomes = 0;
  double share = 0;
  std::int64_t recent_outcomes = 0;  // the newest of them, at most 500
  double recent_share = 0;
};

struct Forecast {
  TimePoint
      origin{};  // the end of the history: step h covers [origin + h·step, origin + (h+1)·step)
  Duration step{1s};
  std::string method;  // which forecaster, with the version of its weights where it has some
  std::vector<Quantiles> steps;  // non-negative and non-decreasing in the level
  // Of forecasts that are mixed on line only:
  std::vector<ExpertShare> experts = {};  // the largest share first; they sum to 1
  CoverageSoFar coverage = {};            // of this model's earlier forecasts
  std::optional<TimePoint> drift = {};    // when its demand last changed its ways: trust began anew

  /// Quantile of one step at any level in (0, 1), linear between the levels that are held.
  double quantile(std::size_t step_index, double level) const;
  /// The highest quantile at `level` over the steps that end after `from` and begin before `to`;
  /// the last step stands for everything beyond the horizon.
  double peak(TimePoint from, TimePoint to, double level) const;
};

class Forecaster {
 public:
  virtual ~Forecaster() = default;
  virtual std::string name() const = 0;
  /// One forecast a history, in their order. `horizon` ≥ 1 steps. A history without one known value
  /// gives an error; every other one gives a usable answer.
  virtual Result<std::vector<Forecast>> forecast(std::span<const HistoryView> histories,
                                                 int horizon) const = 0;
};

}  // namespace starling
