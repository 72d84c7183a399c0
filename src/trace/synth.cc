#include "trace/synth.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>
#include <numeric>

#include "base/rng.h"

namespace starling {
namespace {

constexpr double kDayS = 86400;
constexpr double kWeekS = 7 * kDayS;

/// What makes one workload different from another, drawn once.
struct Character {
  double mean_rate = 0;         // requests per second
  double day_amplitude = 0;     // of the daily wave, on a log scale
  double day_phase = 0;         // radians
  double second_harmonic = 0;   // share of the daily wave that has two peaks a day
  double weekend = 1;           // factor on Saturday and Sunday
  double trend = 0;             // growth over the whole length, on a log scale
  double dispersion_shape = 0;  // of the gamma mixture: small is bursty, ∞ is Poisson
  double wander_sigma = 0;      // of the slow AR(1) drift, on a log scale
  double wander_time_s = 0;     // its correlation time
  bool intermittent = false;
  double on_time_s = 0;  // mean lengths of activity and silence, intermittent ones only
  double off_time_s = 0;
};

Character draw_character(const SynthOptions& options, Rng& rng) {
  Character c;
  c.mean_rate =
      std::exp(rng.uniform(std::log(options.mean_rate_min), std::log(options.mean_rate_max)));
  c.day_amplitude = rng.uniform(0.1, 1.2);
  // Peaks gather around the local afternoon, as in services used by people; a few run at night.
  c.day_phase = std::numbers::pi * (1 + (rng.chance(0.8) ? 0.4 : 1.0) * rng.uniform(-1, 1));
  c.second_harmonic = rng.uniform(0, 0.5);
  c.weekend = rng.chance(0.6) ? rng.uniform(0.3, 1.0) : rng.uniform(0.9, 1.3);
  c.trend = rng.uniform(-0.3, 0.3);
  c.dispersion_shape = std::exp(rng.uniform(std::log(2.0), std::log(200.0)));
  c.wander_sigma = rng.uniform(0.05, 0.35);
  c.wander_time_s = std::exp(rng.uniform(std::log(600.0), std::log(4 * 3600.0)));
  c.intermittent = rng.chance(options.intermittent_share);
  c.on_time_s = rng.uniform(120, 1800);
  c.off_time_s = c.on_time_s * rng.uniform(3, 12);
  return c;
}

/// log of the regular part: day, week and trend. `t` in seconds since the epoch, `progress` 0 … 1.
double regular(const Character& c, double t, double progress) {
  const double day_angle = 2 * std::numbers::pi * t / kDayS - c.day_phase;
  const double wave =
      (1 - c.second_harmonic) * std::cos(day_angle) + c.second_harmonic * std::cos(2 * day_angle);
  // The epoch was a Thursday: days 2 and 3 after it are the weekend.
  const double day_of_week = std::floor(std::fmod(std::fmod(t, kWeekS) + kWeekS, kWeekS) / kDayS);
  const bool weekend = day_of_week == 2 || day_of_week == 3;
  return c.day_amplitude * wave + (weekend ? std::log(c.weekend) : 0) + c.trend * progress;
}

/// Relative intensity of every step, not yet scaled to the mean rate.
std::vector<double> intensity(const Character& c, const SynthOptions& options, std::size_t steps,
                              Rng& rng) {
  const double step_s = seconds(options.step);
  const double start_s = unix_seconds(options.start);
  const double keep = std::exp(-step_s / c.wander_time_s);
  const double burst_chance = 1 - std::exp(-options.bursts_per_day * step_s / kDayS);

  std::vector<double> result(steps);
  double wander = c.wander_sigma * rng.normal();
  double burst = 0;  // height above the regular level, falling exponentially
  double burst_keep = 0;
  bool on = !c.intermittent || rng.chance(c.on_time_s / (c.on_time_s + c.off_time_s));
  for (std::size_t i = 0; i < steps; ++i) {
    const double progress = static_cast<double>(i) / static_cast<double>(steps);
    wander = keep * wander + c.wander_sigma * std::sqrt(1 - keep * keep) * rng.normal();
    burst *= burst_keep;
    if (rng.chance(burst_chance)) {
      burst += rng.uniform(0.5, 4);
      burst_keep = std::exp(-step_s / rng.uniform(60, 900));
    }
    if (c.intermittent) {
      const double stay = std::exp(-step_s / (on ? c.on_time_s : c.off_time_s));
      if (!rng.chance(stay)) on = !on;
    }
    const double level = regular(c, start_s + static_cast<double>(i) * step_s, progress) + wander;
    result[i] = on ? std::exp(level) * (1 + burst) : 0;
  }
  return result;
}

Series synthesize_one(const SynthOptions& options, int index, Rng rng) {
  const auto steps = static_cast<std::size_t>(options.length / options.step);
  Series series{.workload = "m" + std::to_string(index),
                .start = options.start,
                .step = options.step,
                .values = {},
                .present = std::vector<std::uint8_t>(steps, 1)};
  const Character c = draw_character(options, rng);
  series.values = intensity(c, options, steps, rng);

  const double sum = std::accumulate(series.values.begin(), series.values.end(), 0.0);
  const double wanted = c.mean_rate * seconds(options.step) * static_cast<double>(steps);
  const double scale = sum > 0 ? wanted / sum : 0;
  for (double& value : series.values) {
    const double mixed = rng.gamma(c.dispersion_shape, 1 / c.dispersion_shape);
    value = static_cast<double>(rng.poisson(value * scale * mixed));
  }
  return series;
}

}  // namespace

std::vector<Series> synthesize(const SynthOptions& options, std::uint64_t seed) {
  assert(options.workloads > 0 && options.step > Duration{0} && options.length >= options.step);
  assert(options.mean_rate_min > 0 && options.mean_rate_min <= options.mean_rate_max);
  const Rng root(seed);
  std::vector<Series> result;
  result.reserve(static_cast<std::size_t>(options.workloads));
  for (int i = 0; i < options.workloads; ++i) {
    result.push_back(synthesize_one(options, i, root.split(static_cast<std::uint64_t>(i))));
  }
  return result;
}

}  // namespace starling
