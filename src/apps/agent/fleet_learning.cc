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

/// The base with these differences, as it will be read back: weights are stored as float16.
Result<ForecasterArtifact> artifact_with(const ForecasterArtifact& base,
                                         const std::vector<float>& differences) {
  ForecasterArtifact made = base;
  std::size_t next = 0;
  for (TrainedNetwork& network : made.networks) {
    for (float& weight : network.weights) weight += differences[next++];
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
      base_weights_(weights_of(base_)),
      architecture_(architecture_of(base_)),
      options_(options),
      round_length_(round_length),
      send_(std::move(send)),
      peers_(std::move(peers)),
      gossip_(self_, kind_of(base_), options.gossip, seed),
      compressor_(kind_of(base_), options.encoding) {}

/// Without the lock: a peer's answer may come before the sending returns.
void FleetLearning::deliver(const std::vector<federated::Outgoing>& out) const {
  for (const auto& one : out) send_(one.to, one.bytes);
}

void FleetLearning::receive(std::string_view bytes, TimePoint now) {
  if (!options_.exchange) return;
  std::vector<federated::Outgoing> out;
  {
    const std::lock_guard lock(mutex_);
    const auto refused = gossip_.counters().rejections();
    out = gossip_.on_bytes(bytes, now);
    if (refused == 0 && gossip_.counters().rejections() > 0) {
      spdlog::warn("learning: refused what a peer sent; `starling learning status` counts why");
    }
  }
  deliver(out);
}

void FleetLearning::tick(TimePoint now) {
  std::vector<federated::Outgoing> out;
  {
    const std::lock_guard lock(mutex_);
    out = gossip_.on_tick(now);
  }
  deliver(out);
}

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
  if (!options_.exchange || architecture_of(trained) != architecture_) return;
  std::vector<float> differences = weights_of(trained);
  for (std::size_t i = 0; i < differences.size(); ++i) differences[i] -= base_weights_[i];
  const std::vector<std::string> peers = peers_();
  std::vector<federated::Outgoing> out;
  {
    const std::lock_guard lock(mutex_);
    if (options_.epsilon_max > 0 && epsilon() > options_.epsilon_max) {
      spdlog::info(
          "learning: ε {:.2f} is above learning.privacy.epsilonMax, {}: no weights are sent",
          epsilon(), options_.epsilon_max);
      return;
    }
    // Milliseconds, so that rounds grow over a restart too.
    round_ =
        std::max<std::uint64_t>(round_ + 1, static_cast<std::uint64_t>(unix_seconds(now) * 1000));
    out = gossip_.publish(compressor_.encode(differences), windows, round_, peers);
  }
  deliver(out);
}

std::optional<FleetLearning::Merged> FleetLearning::merge(const ForecasterArtifact& own,
                                                          std::uint64_t windows,
                                                          TimePoint now) const {
  if (!options_.exchange || architecture_of(own) != architecture_) return std::nullopt;
  std::vector<federated::PeerWeights> peers;
  {
    const std::lock_guard lock(mutex_);
    peers = gossip_.weights(now, round_length_);
  }
  if (peers.empty()) return std::nullopt;
  std::vector<float> differences = weights_of(own);
  for (std::size_t i = 0; i < differences.size(); ++i) differences[i] -= base_weights_[i];
  const auto merged =
      federated::merge(differences, static_cast<double>(windows), peers, options_.merge);
  auto artifact = artifact_with(base_, merged.values);
  if (!artifact) {
    spdlog::warn("learning: {}", artifact.error().message);
    return std::nullopt;
  }
  return Merged{std::move(*artifact), peers.size()};
}

void FleetLearning::judged(double own_loss, double merged_loss, bool better) {
  const std::lock_guard lock(mutex_);
  own_loss_ = own_loss;
  merged_loss_ = merged_loss;
  if (!better) gossip_.count(federated::Reason::kValidation);
}

void FleetLearning::took_merge() {
  const std::lock_guard lock(mutex_);
  ++merges_taken_;
}

void FleetLearning::serves(const std::string& version, const std::string& origin) {
  const std::lock_guard lock(mutex_);
  serving_ = version;
  origin_ = origin;
}

Json FleetLearning::status(TimePoint now) const {
  const auto number = [](const std::optional<double>& value) {
    return value && std::isfinite(*value) ? Json(*value) : Json();
  };
  const std::lock_guard lock(mutex_);
  const auto& counters = gossip_.counters();
  Json rejected = Json::object();
  for (std::size_t i = 0; i < federated::kReasons; ++i) {
    if (counters.rejected[i] == 0) continue;
    rejected[federated::name_of(static_cast<federated::Reason>(i))] = counters.rejected[i];
  }
  Json peers = Json::array();
  for (const auto& [node, kept] : gossip_.kept()) {
    peers.push_back(
        {{"node", node}, {"age_s", seconds(now - kept.came)}, {"windows", kept.amount}});
  }
  return {{"node", self_},
          {"exchange", options_.exchange},
          {"serving", serving_},
          {"origin", origin_},
          {"base", base_.version()},
          {"rounds", counters.rounds},
          {"bytes_out", counters.bytes_out},
          {"bytes_in", counters.bytes_in},
          {"accepted", counters.accepted},
          {"peers", peers},
          {"loss", {{"own", number(own_loss_)}, {"merged", number(merged_loss_)}}},
          {"merges_taken", merges_taken_},
          {"rejected", rejected},
          {"epsilon", options_.privacy.on() ? number(epsilon()) : Json()}};
}

std::map<std::string, std::uint64_t> FleetLearning::counters() const {
  const std::lock_guard lock(mutex_);
  const auto& c = gossip_.counters();
  std::map<std::string, std::uint64_t> all{{"learning_rounds", c.rounds},
                                           {"learning_bytes_sent", c.bytes_out},
                                           {"learning_bytes_received", c.bytes_in},
                                           {"learning_updates_accepted", c.accepted},
                                           {"learning_merges_taken", merges_taken_}};
  for (std::size_t i = 0; i < federated::kReasons; ++i) {
    const auto* reason = federated::name_of(static_cast<federated::Reason>(i));
    all[fmt::format("learning_rejections{{reason={}}}", reason)] = c.rejected[i];
  }
  return all;
}

}  // namespace starling::agent
