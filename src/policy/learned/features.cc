// Implements policy/learned/features.h.
#include "policy/learned/features.h"

#include <algorithm>
#include <cmath>

namespace starling {
namespace {

constexpr double kHeadroomMax = 3;  // logits either way
constexpr double kHoldMax = 1;      // e-fold either way

/// log(a / b), both at least a trickle, within ±4.
float log_ratio(double a, double b) {
  constexpr double kTrickle = 1e-3;
  return static_cast<float>(
      std::clamp(std::log(std::max(a, kTrickle) / std::max(b, kTrickle)), -4.0, 4.0));
}

float bounded(double value, double most) {
  return static_cast<float>(std::clamp(value, -most, most));
}

}  // namespace

PolicyFeaturizer::PolicyFeaturizer(const DecisionSetting& setting)
    : service_mean_s_(setting.service_mean_s),
      concurrency_(setting.concurrency),
      queue_limit_(std::max(1, setting.queue_limit)),
      missed_allowed_(std::max(1e-4, 1 - setting.slo_percentile / 100)),
      cold_start_(bounded(std::log(setting.cold_start_s / 30 + 0.05), 3)),
      slo_(bounded(std::log(setting.slo_latency_s / std::max(1e-4, setting.service_mean_s)), 4)),
      service_scv_(bounded(std::log1p(setting.service_scv), 3)),
      cpu_share_(bounded(setting.cpu_share, 1)) {}

PolicyFeatures PolicyFeaturizer::operator()(const DecisionState& state,
                                            const PolicyAction& previous_action) const {
  constexpr double kSecondsLong = 300;
  const double erlang = state.arrival_rate * service_mean_s_ / concurrency_;
  const double missed_now = state.arrival_rate > 0 ? state.missed_rate / state.arrival_rate : 0;
  return {
      bounded(std::log1p(erlang) / 2, 4),
      log_ratio(state.planned, state.arrival_rate),
      log_ratio(state.median, state.arrival_rate),
      log_ratio(state.high, state.median),
      log_ratio(state.ready + 1, state.needed + 1),
      log_ratio(state.ready + state.starting + 1, state.needed + 1),
      static_cast<float>(state.utilization),
      bounded(state.backlog / queue_limit_, 2),
      bounded(std::sqrt(std::max(0.0, missed_now)), 1),
      bounded(state.hours_saved, 2),
      bounded(std::log1p(state.missed_share / missed_allowed_) / 2, 4),
      bounded(state.since_rise_s / kSecondsLong, 2),
      cold_start_,
      slo_,
      service_scv_,
      cpu_share_,
      static_cast<float>(state.size) / kSizeStepsMax,
      static_cast<float>(state.size_least) / kSizeStepsMax,
      previous_action[0],
      previous_action[1],
      previous_action[2],
  };
}

Correction correction_of(const PolicyAction& action) {
  return {kHeadroomMax * std::clamp(action[0], -1.0F, 1.0F),
          kHoldMax * std::clamp(action[1], -1.0F, 1.0F),
          static_cast<int>(std::lround(kSizeStepsMax * std::clamp(action[2], -1.0F, 1.0F)))};
}

}  // namespace starling
