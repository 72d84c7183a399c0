// Implements sim/training_tapes.h.
#include "sim/training_tapes.h"

#include <algorithm>
#include <cmath>

namespace starling {
namespace {

constexpr double kTickS = 10;

double log_uniform(Rng& rng, double low, double high) {
  return low * std::pow(high / low, rng.uniform());
}

/// Values at every tick from `begin_s` on, linear between the middles of the series' steps; a
/// missing one is the last that is known before it.
std::vector<double> window_of(const Series& series, double begin_s, int ticks) {
  const double step_s = seconds(series.step);
  const auto last = static_cast<std::int64_t>(series.size()) - 1;
  const auto at = [&](std::int64_t i) {
    auto index = static_cast<std::size_t>(std::clamp<std::int64_t>(i, 0, last));
    while (index > 0 && series.present[index] == 0) --index;
    return series.present[index] != 0 ? std::max(0.0, series.values[index]) : 0.0;
  };
  std::vector<double> values;
  for (int tick = 0; tick < ticks; ++tick) {
    const double place = (begin_s + (tick + 0.5) * kTickS) / step_s - 0.5;
    const double below = std::floor(place);
    const auto i = static_cast<std::int64_t>(below);
    values.push_back(at(i) + (place - below) * (at(i + 1) - at(i)));
  }
  return values;
}

DecisionSetting random_setting(Rng& rng) {
  constexpr double kPercentiles[] = {95, 99, 99, 99.5};
  DecisionSetting setting;
  setting.service_mean_s = log_uniform(rng, 0.03, 0.6);
  setting.service_scv = log_uniform(rng, 0.1, 1.5);
  setting.slo_latency_s = setting.service_mean_s * log_uniform(rng, 3, 9);
  setting.slo_percentile = kPercentiles[rng.below(std::size(kPercentiles))];
  setting.cold_start_s = rng.uniform(10, 90);
  setting.interval_s = kTickS;
  setting.queue_limit = static_cast<int>(log_uniform(rng, 20, 200));
  return setting;
}

void draw_size(Rng& rng, TapeSpec& spec) {
  spec.setting.cpu_share = rng.uniform(0.2, 1);
  spec.setting.concurrency = 1 << rng.below(3);
  spec.cores = log_uniform(rng, 0.1, 1);
  spec.memory_share = rng.uniform(0.1, 0.6);
}

}  // namespace

std::vector<std::shared_ptr<const WorkloadTape>> training_tapes(
    const std::vector<std::vector<Series>>& sets, const TrainingTapesOptions& options,
    std::uint64_t seed) {
  constexpr int kTriesEach = 50;
  std::vector<std::shared_ptr<const WorkloadTape>> tapes;
  const Rng root(seed);
  for (int i = 0; i < kTriesEach * options.tapes; ++i) {
    if (static_cast<int>(tapes.size()) == options.tapes) break;
    Rng rng = root.split(static_cast<std::uint64_t>(i));
    const auto& set = sets[rng.below(sets.size())];
    if (set.empty()) continue;
    const Series& series = set[rng.below(set.size())];
    const double spare_s =
        seconds(series.step) * static_cast<double>(series.size()) - options.ticks * kTickS;
    TapeSpec spec;
    spec.rates = window_of(series, rng.uniform() * std::max(0.0, spare_s), options.ticks);
    double sum = 0;
    for (const double rate : spec.rates) sum += rate;
    if (sum <= 0) continue;
    spec.setting = random_setting(rng);
    if (rng.uniform() < options.sized) draw_size(rng, spec);
    spec.release_s = 30 * static_cast<double>(rng.below(3));
    spec.replicas_max = 128;
    spec.forecast = options.forecast;
    const double erlang = log_uniform(rng, 0.2, 25);
    const double scale = erlang / spec.setting.service_mean_s * options.ticks / sum;
    for (double& rate : spec.rates) rate *= scale;
    tapes.push_back(std::make_shared<WorkloadTape>(std::move(spec), rng.split(1)));
  }
  return tapes;
}

}  // namespace starling
