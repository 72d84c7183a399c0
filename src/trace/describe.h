// All that `trace describe` tells of one workload.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "trace/describe_autocorrelation.h"
#include "trace/describe_burstiness.h"
#include "trace/describe_demand.h"
#include "trace/describe_levels.h"
#include "trace/samples.h"
#include "trace/season_strength.h"
#include "trace/series.h"

namespace starling {

/// The level changed for good, apart from the daily and weekly season.
struct LevelChange {
  TimePoint at{};
  double before = 0;  // mean since the change before
  double after = 0;   // mean until the next
};

struct Description {
  std::string workload;
  TimePoint start{};
  Duration step{};
  std::size_t points = 0;
  Gaps gaps;
  Levels levels;
  std::vector<Dispersion> dispersion;  // of counts and rates only
  std::optional<Demand> demand;
  Strengths strengths;
  std::vector<LagCorrelation> correlations;
  std::vector<LevelChange> changes;

  Duration length() const { return step * static_cast<std::int64_t>(points); }
  /// Nothing where the mean is not positive.
  std::optional<double> variation() const;  // coefficient of variation: deviation over mean
  std::optional<double> peak_to_mean() const;
};

/// What the values are. A gauge without a unit is taken for counts where all its values are whole:
/// plain series do not say.
struct Measured {
  Quantity quantity = Quantity::kGauge;
  std::string unit = {};
};

/// Missing points take no part in any figure. Takes time linear in the series' length: what costs
/// more (seasons, changes) is bounded by averaging first, see there.
Description describe(const Series& series, const Measured& measured = {});

}  // namespace starling
