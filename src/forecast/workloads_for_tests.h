// Workloads that the forecasting tests train on and are judged by.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "base/rng.h"
#include "trace/series.h"

namespace starling {

/// Workloads that differ in something only their own past tells: each rises and falls with a period
/// of its own (9 … 40 steps), as a square wave or a sine, around its own level, with Poisson noise.
inline std::vector<Series> seasonal_workloads(int count, int points, std::uint64_t seed) {
  std::vector<Series> workloads;
  for (int w = 0; w < count; ++w) {
    Rng rng = Rng(seed).split(static_cast<std::uint64_t>(w));
    const double level = std::exp(rng.uniform(3, 7));
    const double period = 9 + std::floor(rng.uniform(0, 32));
    const double swing = rng.uniform(0.3, 0.8);
    const double shift = rng.uniform(0, period);
    const bool square = rng.chance(0.5);
    Series series{.workload = "w" + std::to_string(w), .step = 10s, .values = {}, .present = {}};
    for (int i = 0; i < points; ++i) {
      const double wave = std::sin(2 * std::numbers::pi * (i + shift) / period);
      const double shape = square ? (wave > 0 ? 1.0 : -1.0) : wave;
      series.values.push_back(static_cast<double>(rng.poisson(level * (1 + swing * shape))));
    }
    series.present.assign(series.values.size(), 1);
    workloads.push_back(std::move(series));
  }
  return workloads;
}

/// Workloads unlike these: a sequence of levels of the workload's own, repeated every 100 … 130
/// steps, which is longer than what a forecaster sees point by point or looks for as an echo.
inline std::vector<Series> patterned_workloads(int count, int points, std::uint64_t seed) {
  std::vector<Series> workloads;
  for (int w = 0; w < count; ++w) {
    Rng rng = Rng(seed).split(static_cast<std::uint64_t>(w));
    const std::size_t period = 100 + rng.below(31);
    std::vector<double> pattern;
    while (pattern.size() < period) {
      const double level = std::exp(rng.uniform(3, 6));
      pattern.insert(pattern.end(), 3 + rng.below(10), level);
    }
    pattern.resize(period);
    Series series{.workload = "p" + std::to_string(w), .step = 10s, .values = {}, .present = {}};
    for (int i = 0; i < points; ++i) {
      const double level = pattern[static_cast<std::size_t>(i) % period];
      series.values.push_back(level * (1 + 0.02 * rng.normal()));
    }
    series.present.assign(series.values.size(), 1);
    workloads.push_back(std::move(series));
  }
  return workloads;
}

}  // namespace starling
