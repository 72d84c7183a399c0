// Implements forecast/federated/merge.h.
#include "forecast/federated/merge.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace starling::federated {
namespace {

double median_of(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double distance(std::span<const float> a, std::span<const float> b) {
  double squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    squares += difference * difference;
  }
  return std::sqrt(squares);
}

/// How far towards each peer this node goes at most: 1 for those within reach.
std::vector<double> steps_towards(std::span<const float> own, std::span<const PeerWeights> peers,
                                  double reach) {
  std::vector<double> distances;
  for (const PeerWeights& peer : peers) distances.push_back(distance(own, peer.values));
  const double limit = reach * median_of(distances);
  std::vector<double> steps;
  for (const double far : distances) steps.push_back(far > limit && far > 0 ? limit / far : 1.0);
  return steps;
}

/// The say of this node, then of each peer.
std::vector<double> says(double own_amount, std::span<const PeerWeights> peers,
                         const MergeOptions& options) {
  std::vector<double> amounts{std::max(0.0, own_amount)};
  for (const PeerWeights& peer : peers) amounts.push_back(std::max(0.0, peer.amount));
  const double median = std::max(1.0, median_of(amounts));
  for (double& amount : amounts)
    amount = std::clamp(amount, 1e-3 * median, options.amount_max * median);
  for (std::size_t i = 0; i < peers.size(); ++i) {
    amounts[i + 1] *= std::exp2(-std::max(0.0, peers[i].age) / options.half_life);
  }
  return amounts;
}

struct Voice {
  float value = 0;
  double say = 0;
};

/// Mean of those that stay between the `trimmed` least and greatest. Sorts a handful by insertion.
float trimmed_mean(std::vector<Voice>& voices, std::size_t trimmed) {
  for (std::size_t i = 1; i < voices.size(); ++i) {
    const Voice voice = voices[i];
    std::size_t at = i;
    for (; at > 0 && voices[at - 1].value > voice.value; --at) voices[at] = voices[at - 1];
    voices[at] = voice;
  }
  double sum = 0;
  double say = 0;
  for (std::size_t i = trimmed; i + trimmed < voices.size(); ++i) {
    sum += voices[i].say * static_cast<double>(voices[i].value);
    say += voices[i].say;
  }
  // Rounding must not lead out of the range of what stayed.
  return std::clamp(static_cast<float>(sum / say), voices[trimmed].value,
                    voices[voices.size() - 1 - trimmed].value);
}

}  // namespace

std::size_t trimmed_count(std::size_t values, double share) {
  if (values < 3 || share <= 0) return 0;
  const auto wished = static_cast<std::size_t>(std::lround(share * static_cast<double>(values)));
  return std::clamp<std::size_t>(wished, 1, (values - 1) / 2);
}

Merged merge(std::span<const float> own, double own_amount, std::span<const PeerWeights> peers,
             const MergeOptions& options) {
  Merged merged{.values = {own.begin(), own.end()}};
  if (peers.empty()) return merged;
  for ([[maybe_unused]] const PeerWeights& peer : peers) assert(peer.values.size() == own.size());
  const auto steps = steps_towards(own, peers, options.reach);
  merged.clipped = static_cast<std::size_t>(
      std::count_if(steps.begin(), steps.end(), [](double step) { return step < 1; }));
  merged.trimmed = trimmed_count(peers.size() + 1, options.trim);
  const auto say = says(own_amount, peers, options);
  std::vector<Voice> voices(peers.size() + 1);
  for (std::size_t i = 0; i < own.size(); ++i) {
    voices[0] = {own[i], say[0]};
    for (std::size_t p = 0; p < peers.size(); ++p) {
      const double from = own[i];
      const double to = peers[p].values[i];
      voices[p + 1] = {static_cast<float>(steps[p] < 1 ? from + steps[p] * (to - from) : to),
                       say[p + 1]};
    }
    merged.values[i] = trimmed_mean(voices, merged.trimmed);
  }
  return merged;
}

}  // namespace starling::federated
