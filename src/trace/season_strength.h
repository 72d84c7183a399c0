// Trend, daily and weekly season of a workload, and how strong they are.
#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "trace/series.h"

namespace starling {

/// A repeating part: shape[p] is added at phase p of its period, counted from the series' start.
struct Season {
  Duration period{};
  std::vector<double> shape;  // of mean zero
};

/// value = trend + Σ season + remainder at every place; `value` and `remainder` are NaN where
/// nothing is present.
struct Decomposition {
  TimePoint start{};
  Duration step{};
  std::vector<double> value;
  std::vector<double> trend;
  std::vector<double> remainder;
  std::vector<Season> seasons;  // the day and the week, as far as there are two of them
  double trend_parameters = 0;  // degrees of freedom

  /// Sum of the seasons at a place.
  double season_at(std::size_t place) const;
};

/// An additive decomposition in the manner of STL (Cleveland et al. 1990) with periodic seasons,
/// several of them as in MSTL (Bandara, Hyndman & Bergmeir 2021): in turn the trend is a loess of
/// what the seasons leave (window: one and a half of the longest period; a third of the series
/// without one) and each season the mean by phase of what the others leave. Missing points have no
/// weight anywhere.
///
/// Steps that do not divide a day, and series of more than `points_max` points, are averaged first
/// into the next usual step that does; `step` says which. A season needs two whole periods, four
/// steps in one, and two present points in half of its phases.
Decomposition decompose(const Series& series, std::size_t points_max = 20'000);

/// Wang, Smith & Hyndman (2006): max(0, 1 − Var(R) / Var(S + R)) for a season S, the same with the
/// trend for its strength: 0 is none, 1 is all. Both variances are estimated without bias, from the
/// degrees of freedom that the parts take: noise has strength 0 also where it saw few periods. A
/// season has nothing where the series is too short for it (see `decompose`).
struct Strengths {
  Duration step{};  // at which they were taken
  std::optional<double> daily = std::nullopt;
  std::optional<double> weekly = std::nullopt;
  std::optional<double> trend = std::nullopt;  // nothing for fewer than ten present points
};

Strengths strengths_of(const Decomposition& parts);

}  // namespace starling
