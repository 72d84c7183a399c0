// A node's part in learning to forecast together: the weights that it trained go to random peers,
// theirs are averaged with its own.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/agent/weight_exchange.h"
#include "forecast/net/artifact.h"

namespace starling::agent {

/// All networks of an artefact, one after the other, and what tells their layout apart.
std::vector<float> weights_of(const ForecasterArtifact& artifact);
std::uint64_t architecture_of(const ForecasterArtifact& artifact);

/// Thread safe. What is exchanged are differences to the configured weights.
class FleetLearning {
 public:
  using Send = WeightExchange::Send;
  using Peers = WeightExchange::Peers;

  /// `base`: the configured weights. `round_length`: from one training to the next.
  FleetLearning(std::string self, ForecasterArtifact base, const LearningOptions& options,
                Duration round_length, std::uint64_t seed, Send send, Peers peers);

  const LearningOptions& options() const { return options_; }

  void receive(std::string_view bytes, TimePoint now) { exchange_.receive(bytes, now); }
  void tick(TimePoint now) { exchange_.tick(now); }

  /// Adds what a training gave away, in so many steps on samples of this rate.
  void spent(double rate, std::int64_t steps);
  /// Offers trained weights to random peers; `windows`: that they were trained on. Nothing goes out
  /// where the exchange is off, ε is above its bound or the weights are of another architecture
  /// than the configured ones.
  void publish(const ForecasterArtifact& trained, std::uint64_t windows, TimePoint now);

  struct Merged {
    ForecasterArtifact artifact;
    std::size_t peers = 0;
  };
  /// `own` averaged with the peers' newest weights; nothing where there are none.
  std::optional<Merged> merge(const ForecasterArtifact& own, std::uint64_t windows,
                              TimePoint now) const;

  /// How the merged weights did on this node's held-out windows beside its own; ones that did no
  /// `better` are counted as rejected.
  void judged(double own_loss, double merged_loss, bool better) {
    exchange_.judged(own_loss, merged_loss, better);
  }
  /// Merged weights serve from now on.
  void took_merge() { exchange_.took_merge(); }
  /// What serves now, and where it came from.
  void serves(const std::string& version, const std::string& origin) {
    exchange_.serves(version, origin);
  }

  /// WeightExchange::status() with "node", "base" and "epsilon".
  nlohmann::json status(TimePoint now) const;
  /// By metric name; reasons are labels.
  std::map<std::string, std::uint64_t> counters() const { return exchange_.counters("learning"); }

 private:
  double epsilon() const;

  std::string self_;
  ForecasterArtifact base_;
  std::uint64_t architecture_;
  LearningOptions options_;
  WeightExchange exchange_;
  mutable std::mutex mutex_;  // of what training has given away
  federated::PrivacyAccountant accountant_;
  bool trained_ = false;
};

}  // namespace starling::agent
