// Weights that the nodes of a fleet trade: a node's own go to random peers, theirs are averaged
// with its own. Of what kind of network they are does not matter here.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/agent/learning_options.h"
#include "base/clock.h"

namespace starling::agent {

/// Thread safe: messages come on the transport's threads, training on a trainer's, questions on the
/// API's. What is exchanged are differences to the base: nodes that start from other weights refuse
/// each other's.
class WeightExchange {
 public:
  using Send = std::function<void(const std::string& node, const std::string& bytes)>;
  /// Names of the live nodes; this one may be among them.
  using Peers = std::function<std::vector<std::string>()>;

  /// `base`: the weights that all begin with, `kind.count` of them. `round_length`: from one
  /// training to the next.
  WeightExchange(std::string self, std::vector<float> base, const federated::Kind& kind,
                 const LearningOptions& options, Duration round_length, std::uint64_t seed,
                 Send send, Peers peers);

  void receive(std::string_view bytes, TimePoint now);
  void tick(TimePoint now);

  /// Offers trained weights to random peers; `amount`: of data that they were trained on. Nothing
  /// goes out where the exchange is off or they are of another number.
  void publish(std::span<const float> trained, std::uint64_t amount, TimePoint now);

  struct Merged {
    std::vector<float> weights;
    std::size_t peers = 0;
  };
  /// `own` averaged with the peers' newest weights; nothing where there are none.
  std::optional<Merged> merge(std::span<const float> own, std::uint64_t amount,
                              TimePoint now) const;

  /// How the merged weights did on this node's held-out data beside its own; ones that did no
  /// `better` are counted as rejected.
  void judged(double own_loss, double merged_loss, bool better);
  /// Merged weights serve from now on.
  void took_merge();
  /// What serves now, and where it came from.
  void serves(const std::string& version, const std::string& origin);

  /// {"exchange", "serving", "origin", "rounds", "bytes_out", "bytes_in", "accepted", "peers":
  /// [{"node", "age_s", "windows"}], "loss": {"own", "merged"}, "merges_taken", "rejected":
  /// {reason: times}}.
  nlohmann::json status(TimePoint now) const;
  /// By metric name after `prefix`; reasons are labels.
  std::map<std::string, std::uint64_t> counters(const std::string& prefix) const;

 private:
  void deliver(const std::vector<federated::Outgoing>& out) const;
  std::vector<float> differences(std::span<const float> weights) const;

  std::vector<float> base_;
  LearningOptions options_;
  Duration round_length_;
  Send send_;
  Peers peers_;
  mutable std::mutex mutex_;
  federated::GossipNode gossip_;
  federated::Compressor compressor_;
  std::uint64_t round_ = 0;
  std::uint64_t merges_taken_ = 0;
  std::optional<double> own_loss_, merged_loss_;
  std::string serving_, origin_;
};

/// A finite number, or null.
nlohmann::json number_or_null(std::optional<double> value);

}  // namespace starling::agent
