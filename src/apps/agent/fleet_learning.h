// A node's part in learning together: its trained weights go to random peers, theirs are averaged
// with its own.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/agent/learning_options.h"
#include "base/clock.h"
#include "forecast/net/artifact.h"

namespace starling::agent {

/// All networks of an artefact, one after the other, and what tells their layout apart.
std::vector<float> weights_of(const ForecasterArtifact& artifact);
std::uint64_t architecture_of(const ForecasterArtifact& artifact);

/// Thread safe: messages come on the transport's threads, training on the retrainer's, questions on
/// the API's. What is exchanged are differences to the configured weights: nodes that start from
/// others refuse each other's.
class FleetLearning {
 public:
  using Send = std::function<void(const std::string& node, const std::string& bytes)>;
  /// Names of the live nodes; this one may be among them.
  using Peers = std::function<std::vector<std::string>()>;

  /// `base`: the configured weights. `round_length`: from one training to the next.
  FleetLearning(std::string self, ForecasterArtifact base, const LearningOptions& options,
                Duration round_length, std::uint64_t seed, Send send, Peers peers);

  const LearningOptions& options() const { return options_; }

  void receive(std::string_view bytes, TimePoint now);
  void tick(TimePoint now);

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
  void judged(double own_loss, double merged_loss, bool better);
  /// Merged weights serve from now on.
  void took_merge();
  /// What serves now, and where it came from.
  void serves(const std::string& version, const std::string& origin);

  /// {"node", "exchange", "serving", "origin", "rounds", "bytes_out", "bytes_in", "accepted",
  /// "peers": [{"node", "age_s", "windows"}], "loss": {"own", "merged"}, "merges_taken",
  /// "rejected": {reason: times}, "epsilon"}.
  nlohmann::json status(TimePoint now) const;
  /// By metric name; reasons are labels.
  std::map<std::string, std::uint64_t> counters() const;

 private:
  void deliver(const std::vector<federated::Outgoing>& out) const;
  double epsilon() const;

  std::string self_;
  ForecasterArtifact base_;
  std::vector<float> base_weights_;
  std::uint64_t architecture_;
  LearningOptions options_;
  Duration round_length_;
  Send send_;
  Peers peers_;
  mutable std::mutex mutex_;
  federated::GossipNode gossip_;
  federated::Compressor compressor_;
  federated::PrivacyAccountant accountant_;
  bool trained_ = false;
  std::uint64_t round_ = 0;
  std::uint64_t merges_taken_ = 0;
  std::optional<double> own_loss_, merged_loss_;
  std::string serving_, origin_;
};

}  // namespace starling::agent
