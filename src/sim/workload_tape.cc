// Implements sim/workload_tape.h.
#include "sim/workload_tape.h"

#include <algorithm>
#include <cmath>

#include "policy/queueing.h"
#include "sim/replica_cpu.h"

namespace starling {
namespace {

/// The highest rate at which `replicas` meet the SLO by the queueing model.
double served_by(int replicas, const ServiceTime& service, const DecisionSetting& setting) {
  const double saturated = replicas * setting.concurrency / service.occupied_s();
  double low = 0, high = saturated;
  constexpr int kHalvings = 20;
  for (int i = 0; i < kHalvings; ++i) {
    const double rate = (low + high) / 2;
    const double missed =
        miss_probability(rate, service, replicas * setting.concurrency, setting.slo_latency_s);
    (missed <= 1 - setting.slo_percentile / 100 ? low : high) = rate;
  }
  return low;
}

double cpu_s_of(const TapeSpec& spec) {
  return spec.setting.cpu_share * spec.setting.service_mean_s * std::min(1.0, spec.cores);
}

/// With so many steps more of CPU than a replica of the decided size has.
ServiceTime service_with(int steps, const TapeSpec& spec) {
  const DecisionSetting& setting = spec.setting;
  ServiceTime service{setting.service_mean_s, setting.service_scv};
  if (setting.cpu_share <= 0) return service;
  const ReplicaCpu cpu(cpu_s_of(spec), setting.service_mean_s, spec.cores);
  const double cores = spec.cores * std::pow(kSizeStep, steps);
  service.mean_s *= cpu.stretch(cores);
  service.occupancy_s = setting.service_mean_s * cpu.stretch(cores, setting.concurrency);
  return service;
}

}  // namespace

WorkloadTape::Sized WorkloadTape::sized_by(int steps) const {
  const DecisionSetting& setting = spec_.setting;
  const double factor = std::pow(kSizeStep, steps);
  return {MissCurve(service_with(steps, spec_), setting.concurrency, setting.queue_limit,
                    setting.slo_latency_s),
          spec_.memory_share + (1 - spec_.memory_share) * factor, spec_.cores * factor};
}

double WorkloadTape::cpu_s() const { return cpu_s_of(spec_); }

WorkloadTape::WorkloadTape(TapeSpec spec, Rng rng) : spec_(std::move(spec)) {
  const DecisionSetting& setting = spec_.setting;
  const int most = setting.cpu_share > 0 ? kSizeStepsMax : 0;
  for (int steps = -most; steps <= most; ++steps) sized_.push_back(sized_by(steps));
  served_.push_back(0);
  for (int c = 1; c <= spec_.replicas_max; ++c)
    served_.push_back(served_by(c, service_with(0, spec_), setting));

  std::vector<double> levels;
  for (int i = 0; i < kLevels; ++i) {
    const double logit = kLogitMin + (kLogitMax - kLogitMin) * i / (kLevels - 1);
    levels.push_back(1 / (1 + std::exp(-logit)));
  }
  std::vector<double> prices;
  for (int i = 0; i < kHeadrooms; ++i) {
    const double headroom = kHeadroomMin + (kHeadroomMax - kHeadroomMin) * i / (kHeadrooms - 1);
    prices.push_back(replica_price(setting.slo_percentile, headroom) * curve().service_rate(1));
  }
  DemandOutlook outlook;
  Observation observation;
  observation.cold_start = from_seconds(setting.cold_start_s);
  observation.interval = from_seconds(setting.interval_s);
  for (const double rate : spec_.rates) {
    const auto count = static_cast<float>(rng.poisson(rate * setting.interval_s));
    arrivals_.push_back(count);
    observation.arrival_rate = count / setting.interval_s;
    observation.now += observation.interval;
    outlook.observe(observation);
    std::vector<double> quantiles(kLevels, 1.3 * observation.arrival_rate);
    if (spec_.forecast && outlook.learned()) quantiles = outlook.quantiles(levels);
    std::copy(quantiles.begin(), quantiles.end(), outlooks_.emplace_back().begin());
    if (spec_.forecast && outlook.learned()) {
      choices_.push_back(choices(outlook, prices));
      enough_.push_back(
          static_cast<std::int16_t>(enough_by(outlook, choices_.back()[kHeadrooms / 2])));
    } else {
      choices_.emplace_back().fill(static_cast<std::int16_t>(needed(quantiles.front())));
      enough_.push_back(0);
    }
    mean_needed_ += needed(rate);
    mean_arrivals_ += count;
  }
  reach_s_ = seconds(outlook.reach());
  mean_needed_ = std::max(0.1, mean_needed_ / static_cast<double>(arrivals_.size()));
  mean_arrivals_ = std::max(1e-3, mean_arrivals_ / static_cast<double>(arrivals_.size()));
}

WorkloadTape::Choices WorkloadTape::choices(const DemandOutlook& outlook,
                                            const std::vector<double>& prices) const {
  const DemandOutlook::Rates rates = outlook.rates();
  const std::vector<int> cheapest =
      cheapest_replicas(curve(), rates.roots, rates.shares, prices, spec_.replicas_max);
  Choices choices;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    choices[i] = static_cast<std::int16_t>(cheapest[i]);
  }
  return choices;
}

int WorkloadTape::enough_by(const DemandOutlook& outlook, int usual) const {
  if (outlook.surging()) return 0;
  const DemandOutlook::Rates rates = outlook.rates();
  const Allowance allowance =
      making_up(1 - spec_.setting.slo_percentile / 100, spec_.setting.slo_percentile, curve());
  return allowed_replicas(curve(), rates.roots, rates.shares, allowance, usual, spec_.replicas_max);
}

int WorkloadTape::worth(int tick, double headroom) const {
  const double place =
      std::clamp((headroom - kHeadroomMin) / (kHeadroomMax - kHeadroomMin), 0.0, 1.0) *
      (kHeadrooms - 1);
  return choices_[static_cast<std::size_t>(tick)][static_cast<std::size_t>(std::lround(place))];
}

double WorkloadTape::outlook(int tick, double logit) const {
  const auto& levels = outlooks_[static_cast<std::size_t>(tick)];
  const double place =
      std::clamp((logit - kLogitMin) / (kLogitMax - kLogitMin), 0.0, 1.0) * (kLevels - 1);
  const auto below = std::min(static_cast<std::size_t>(place), std::size_t{kLevels - 2});
  const double within = place - static_cast<double>(below);
  return levels[below] + within * (levels[below + 1] - levels[below]);
}

int WorkloadTape::needed(double rate) const {
  if (rate <= 0) return 0;
  const auto first = std::lower_bound(served_.begin(), served_.end(), rate);
  return std::min(static_cast<int>(first - served_.begin()), spec_.replicas_max);
}

}  // namespace starling
