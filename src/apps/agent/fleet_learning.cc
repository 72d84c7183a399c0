// Implements apps/agent/fleet_learning.h.
#include "apps/agent/fleet_learning.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/log.h"
#include "forecast/federated/wire.h"

namespace starling::agent {
namespace {

using Json = nlohmann::json;

federated::Kind kind_of(const ForecasterArtifact& base) {
  return {.architecture = architecture_of(base),
          .base = federated::fingerprint(base.version()),
          .count = weights_of(base).size()};
}

/// The base with other weights, as it will be read back: they are stored as float16.
Result<ForecasterArtifact> artifact_with(const ForecasterArtifact& base,
                                         const std::vector<float>& weights) {
  ForecasterArtifact made = base;
  std::size_t next = 0;
  for (TrainedNetwork& network : made.networks) {
    for (float& weight : network.weights) weight = weights[next++];
  }
  return decode_artifact(encode_artifact(made), "merged weights");
}

}  // namespace

std::vector<float> weights_of(const ForecasterArtifact& artifact) {
  std::vector<float> all;
  for (const TrainedNetwork& network : artifact.networks) {
    all.insert(all.end(), network.weights.begin(), network.weights.end());
  }
  return all;
}

std::uint64_t architecture_of(const ForecasterArtifact& artifact) {
  std::string layout = fmt::format("encoding {}", kEncodingVersion);
  for (const TrainedNetwork& network : artifact.networks) {
    layout += fmt::format("; {} {}", regime_name(network.shape.regime), network.shape.hidden);
    for (const WeightShape& shape : weight_shapes(network.shape)) {
      layout += fmt::format(" {}x{}", shape.rows, shape.columns);
    }
  }
  return federated::fingerprint(layout);
}

FleetLearning::FleetLearning(std::string self, ForecasterArtifact base,
                             const LearningOptions& options, Duration round_length,
                             std::uint64_t seed, Send send, Peers peers)
    : self_(std::move(self)),
      base_(std::move(base)),
      architecture_(architecture_of(base_)),
      options_(options),
      exchange_(self_, weights_of(base_), kind_of(base_), options, round_length, seed,
                std::move(send), std::move(peers)) {}

void FleetLearning::spent(double rate, std::int64_t steps) {
  const std::lock_guard lock(mutex_);
  trained_ = trained_ || steps > 0;
  if (options_.privacy.on() && steps > 0) accountant_.add(rate, options_.privacy.noise, steps);
}

double FleetLearning::epsilon() const {
  if (!trained_) return 0;
  return options_.privacy.on() ? accountant_.epsilon(options_.privacy.delta)
                               : std::numeric_limits<double>::infinity();
}

void FleetLearning::publish(const ForecasterArtifact& trained, std::uint64_t windows,
                            TimePoint now) {
  if (architecture_of(trained) != architecture_) return;
  {
    const std::lock_guard lock(mutex_);
    if (options_.epsilon_max > 0 && epsilon() > options_.epsilon_max) {
      spdlog::info(
          "learning: ε {:.2f} is above learning.privacy.epsilonMax, {}: no weights are sent",
          epsilon(), options_.epsilon_max);
      return;
    }
  }
  exchange_.publish(weights_of(trained), windows, now);
}

std::optional<FleetLearning::Merged> FleetLearning::merge(const ForecasterArtifact& own,
                                                          std::uint64_t windows,
                                                          TimePoint now) const {
  if (architecture_of(own) != architecture_) return std::nullopt;
  const auto merged = exchange_.merge(weights_of(own), windows, now);
  if (!merged) return std::nullopt;
  auto artifact = artifact_with(base_, merged->weights);
  if (!artifact) {
    spdlog::warn("learning: {}", artifact.error().message);
    return std::nullopt;
  }
  return Merged{std::move(*artifact), merged->peers};
}

Json FleetLearning::status(TimePoint now) const {
  Json status = exchange_.status(now);
  status["node"] = self_;
  status["base"] = base_.version();
  const std::lock_guard lock(mutex_);
  status["epsilon"] = options_.privacy.on() ? number_or_null(epsilon()) : Json();
  return status;
}

}  // namespace starling::agent
