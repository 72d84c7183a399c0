// Implements apps/lab/forecast_gauges.h.
#include "apps/lab/forecast_gauges.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/rng.h"

namespace starling::lab {
namespace {

constexpr std::size_t kPoints = 2016;  // two weeks at 10 min

double log_uniform(Rng& rng, double low, double high) {
  return low * std::pow(high / low, rng.uniform());
}

/// The logarithm of the level over time: mostly jumps, mostly wandering, or neither.
std::vector<double> level_path(Rng& rng) {
  const double jump_chance = rng.chance(0.5) ? log_uniform(rng, 0.001, 0.1) : 0;
  const double jump_size = log_uniform(rng, 0.05, 1.0);
  const double drift = rng.chance(0.5) ? log_uniform(rng, 0.001, 0.1) : 0;
  const double pull = log_uniform(rng, 0.001, 0.1);  // back to where it began: no level explodes
  std::vector<double> path;
  double away = 0;
  for (std::size_t i = 0; i < kPoints; ++i) {
    if (rng.chance(jump_chance)) away = jump_size * rng.normal();
    if (drift > 0) away += drift * rng.normal() - pull * away;
    path.push_back(away);
  }
  return path;
}

/// One period of a cycle, in logarithms: a sine, two levels, or a sequence of levels of its own.
std::vector<double> cycle(Rng& rng, Duration step) {
  const bool daily = rng.chance(0.5);
  const auto period = static_cast<std::size_t>(daily ? Duration(24h) / step
                                                     : std::lround(log_uniform(rng, 6, 300)));
  const double swing = log_uniform(rng, 0.05, 1.0);
  const auto shape = rng.below(3);
  const double duty = rng.uniform(0.1, 0.9);
  std::vector<double> values;
  double held = 0;
  for (std::size_t i = 0; i < period; ++i) {
    const double phase = static_cast<double>(i) / static_cast<double>(period);
    if (i == 0 || rng.chance(0.15)) held = rng.normal();
    const std::array<double, 3> shapes{std::sin(6.283185307179586 * phase),
                                       phase < duty ? 1.0 : -1.0, held};
    values.push_back(swing * shapes[shape]);
  }
  return values;
}

void add_noise(Rng& rng, std::vector<double>& path) {
  constexpr std::array<double, 4> kPersistence{0, 0.5, 0.9, 0.98};
  if (rng.chance(0.35)) return;
  const double persistence = kPersistence[rng.below(kPersistence.size())];
  const double deviation = log_uniform(rng, 0.0005, 0.5);
  double noise = 0;
  for (double& x : path) {
    noise =
        persistence * noise + std::sqrt(1 - persistence * persistence) * deviation * rng.normal();
    x += noise;
  }
}

/// Spikes in units of the level, each fading at the workload's own pace.
void add_spikes(Rng& rng, std::vector<double>& values, double level) {
  if (rng.chance(0.6)) return;
  const double chance = log_uniform(rng, 0.003, 0.05);
  const double height = log_uniform(rng, 0.3, 10) * level;
  const double fade = rng.uniform(0, 0.9);
  double spike = 0;
  for (double& x : values) {
    spike *= fade;
    if (rng.chance(chance)) spike += rng.exponential(height);
    x += spike;
  }
}

/// How the workload is measured.
void measure(Rng& rng, Series& series, double level) {
  const bool whole = rng.chance(0.35);
  const double ceiling = rng.chance(0.3) ? level * rng.uniform(1.2, 4) : 1e12;
  const bool gaps = rng.chance(0.15);
  bool away = false;
  for (std::size_t i = 0; i < series.size(); ++i) {
    double& x = series.values[i];
    x = std::clamp(x, 0.0, ceiling);
    if (whole) x = std::round(x);
    if (gaps) away = rng.chance(away ? 0.8 : 0.02);
    series.present[i] = !away;
    if (away) x = 0;
  }
}

}  // namespace

std::vector<Series> synthesize_gauges(int count, std::uint64_t seed) {
  const Rng root(seed);
  std::vector<Series> workloads;
  for (int w = 0; w < count; ++w) {
    Rng rng = root.split(static_cast<std::uint64_t>(w));
    Series series{.workload = fmt::format("gauge{}", w), .values = {}, .present = {}};
    series.step = rng.chance(0.5) ? 1min : 10min;
    series.present.assign(kPoints, 1);
    const double level = log_uniform(rng, 1, 1e4);
    series.values = level_path(rng);
    add_noise(rng, series.values);
    if (rng.chance(0.4)) {
      const auto wave = cycle(rng, series.step);
      for (std::size_t i = 0; i < kPoints; ++i) series.values[i] += wave[i % wave.size()];
    }
    for (double& x : series.values) x = level * std::exp(std::min(x, 12.0));
    add_spikes(rng, series.values, level);
    measure(rng, series, level);
    workloads.push_back(std::move(series));
  }
  return workloads;
}

}  // namespace starling::lab
