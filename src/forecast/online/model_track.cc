// Implements forecast/online/model_track.h.
#include "forecast/online/model_track.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

#include "feature/window.h"
#include "forecast/metrics.h"

namespace starling {
namespace {

constexpr std::size_t kQuantiles = kQuantileLevels.size();
constexpr std::size_t kWaitingMax = 16;
constexpr std::array<std::size_t, 5> kScoredSteps{0, 1, 3, 7, 14};

/// The last step as well, where a forecast is remembered for so long.
bool is_scored(std::size_t step, std::size_t horizon) {
  return (step + 1 == horizon && horizon <= kWaitingMax) ||
         std::find(kScoredSteps.begin(), kScoredSteps.end(), step) != kScoredSteps.end();
}

template <typename Value>
double mean_pinball(const Value* quantiles, double actual) {
  double loss = 0;
  for (std::size_t k = 0; k < kQuantiles; ++k) {
    loss += pinball_loss(static_cast<double>(quantiles[k]), actual, kQuantileLevels[k]);
  }
  return loss / static_cast<double>(kQuantiles);
}

MaskedWindow recent_window(const HistoryView& history) {
  constexpr std::size_t kPoints = 64;
  return last_window(history.values, history.present, std::min(kPoints, history.values.size()));
}

Quantiles rounded(Quantiles quantiles) {
  for (double& q : quantiles) q = std::nearbyint(q);
  return quantiles;
}

/// In which a forecast's errors are measured: its own width, so that steps and hours that are
/// corrected together, near and far, calm and restless, are alike.
double width_of(const Quantiles& quantiles, double spread) {
  constexpr double kDeviations = 3.29;  // between the 5 % and 95 % quantiles of a normal
  return std::max((quantiles[kQuantiles - 2] - quantiles[0]) / kDeviations, 0.05 * spread);
}

}  // namespace

/// What one point said about the experts, summed over the steps ahead at which it was forecast.
struct ModelTrack::Round {
  explicit Round(std::size_t experts) : losses(experts, 0.0), spoke(experts, 0) {}
  std::vector<double> losses;
  std::vector<std::uint8_t> spoke;
  double spread = 0;
  int forecasts = 0;
};

ModelTrack::ModelTrack(std::vector<double> prior, const TrackOptions& options)
    : options_(options),
      weights_(std::move(prior), options.weights),
      calibrator_(options.calibration_rate),
      detector_(options.drift) {}

bool ModelTrack::observe(const HistoryView& history, PooledCalibrator* pool) {
  assert(history.step > Duration::zero());
  drifted_ = false;
  if (history.step != step_) waiting_.clear();
  step_ = history.step;
  const TimePoint end = history.start + static_cast<Duration::rep>(history.values.size()) * step_;
  if (!waiting_.empty()) {
    for (TimePoint t = std::max(settled_, waiting_.front().origin); t < end; t += step_) {
      if (t < history.start) continue;
      const auto i = static_cast<std::size_t>((t - history.start) / step_);
      const bool known = history.present[i] && is_demand(history.values[i]);
      if (known) settle(t, history.values[i], pool);
    }
  }
  settled_ = end;
  const auto is_over = [&](const Waiting& waiting) {
    return waiting.said.empty() || waiting.origin + waiting.said.back().ahead * step_ < end;
  };
  while (!waiting_.empty() && is_over(waiting_.front())) waiting_.pop_front();
  return drifted_;
}

void ModelTrack::settle(TimePoint time, double actual, PooledCalibrator* pool) {
  Round round(weights_.size());
  for (const Waiting& waiting : waiting_) {
    for (const Said& said : waiting.said) {
      if (waiting.origin + said.ahead * step_ == time) score(waiting, said, actual, round, pool);
    }
  }
  if (round.forecasts == 0) return;
  double scale = 0.5 * round.spread;
  for (const double loss : round.losses) scale = std::max(scale, loss);
  for (double& loss : round.losses) loss /= scale;
  weights_.update(round.losses, round.spoke);
  if (!drifted_) return;
  weights_.restart();
  drift_ = time + step_;
}

void ModelTrack::score(const Waiting& waiting, const Said& said, double actual, Round& round,
                       PooledCalibrator* pool) {
  const std::size_t experts = weights_.size();
  std::vector<double> losses(experts, 0.0);
  double mixed = 0;
  for (std::size_t i = 0; i < experts; ++i) {
    if (waiting.shares[i] <= 0) continue;
    losses[i] = mean_pinball(&said.experts[i * kQuantiles], actual);
    mixed += waiting.shares[i] * losses[i];
    round.spoke[i] = 1;
  }
  for (std::size_t i = 0; i < experts; ++i) {
    // Who was silent lost what the others did: neither blamed nor praised.
    round.losses[i] += waiting.shares[i] > 0 ? losses[i] : mixed;
  }
  const std::size_t yardstick = options_.yardstick;
  if (yardstick > 0 && waiting.paired && waiting.shares[0] > 0 && waiting.shares[yardstick] > 0) {
    ++paired_.points;
    paired_.first += losses[0] / waiting.spread;
    paired_.yardstick += losses[yardstick] / waiting.spread;
  }
  round.spread += waiting.spread;
  ++round.forecasts;

  constexpr std::size_t k90 = 9;
  coverage_.add(covered_by(said.issued, actual)[k90]);
  if (!waiting.steady) {
    calibrator_.update(said.issued, actual);
    if (pool != nullptr) pool->add(said.pooled, actual, said.ahead);
  }
  if (said.ahead == 0) {
    drifted_ |= detector_.add(mean_pinball(said.issued.data(), actual) / waiting.spread);
  }
}

void ModelTrack::forget_losses() {
  paired_ = {};
  for (Waiting& waiting : waiting_) waiting.paired = false;
}

bool ModelTrack::worth_asking(std::size_t expert) const {
  const std::vector<std::uint8_t> all(weights_.size(), 1);
  const auto every = static_cast<std::uint64_t>(std::max(1, options_.asked_every));
  return weights_.shares(all)[expert] >= options_.asked_share || (turn_ + expert) % every == 0;
}

ModelTrack::Mixed ModelTrack::mix(const HistoryView& history, const Spoken& spoken,
                                  const PooledCalibrator* pool) {
  assert(spoken.size() == weights_.size());
  std::vector<std::uint8_t> speaks;
  std::vector<const Quantiles*> step(spoken.size(), nullptr);
  std::size_t horizon = 0;
  for (const auto& steps : spoken) {
    speaks.push_back(!steps.empty());
    horizon = std::max(horizon, steps.size());
  }
  Mixed mixed{.steps = {}, .shares = weights_.shares(speaks)};
  const TimePoint origin =
      history.start + static_cast<Duration::rep>(history.values.size()) * history.step;
  const MaskedWindow recent = recent_window(history);
  Waiting waiting{origin,
                  window_scale(recent, 0).spread,
                  seldom_changing_count(recent.values, recent.present),
                  true,
                  mixed.shares,
                  {}};
  for (std::size_t h = 0; h < horizon; ++h) {
    for (std::size_t i = 0; i < spoken.size(); ++i) step[i] = speaks[i] ? &spoken[i][h] : nullptr;
    const Quantiles mean = vincentised(step, mixed.shares);
    const double width = width_of(mean, waiting.spread);
    const bool pools = pool != nullptr && !waiting.steady;
    const auto ahead = static_cast<int>(h);
    const Quantiles pooled = pools ? pool->calibrated(mean, width, ahead) : mean;
    mixed.steps.push_back(waiting.steady ? rounded(mean) : calibrator_.calibrated(pooled, width));
    if (!is_scored(h, horizon)) continue;
    Said said{ahead, std::vector<float>(spoken.size() * kQuantiles), pooled, mixed.steps.back()};
    for (std::size_t i = 0; i < spoken.size(); ++i) {
      for (std::size_t k = 0; speaks[i] && k < kQuantiles; ++k) {
        said.experts[i * kQuantiles + k] = static_cast<float>((*step[i])[k]);
      }
    }
    waiting.said.push_back(std::move(said));
  }
  ++turn_;
  while (!waiting_.empty() && waiting_.back().origin >= origin) {
    if (waiting_.back().origin == origin) --turn_;
    waiting_.pop_back();
  }
  waiting_.push_back(std::move(waiting));
  if (waiting_.size() > kWaitingMax) waiting_.pop_front();
  return mixed;
}

}  // namespace starling
