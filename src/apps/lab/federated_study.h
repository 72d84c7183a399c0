// Nodes that learn together, beside training on all data in one place and beside each node alone.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "forecast/federated/gossip.h"
#include "forecast/meta/local_training.h"
#include "trace/series.h"

namespace starling::lab {

/// What poisoned nodes send in place of their difference to the common start.
enum class Attack {
  kFlip,
  kScale,
  kNoise,
  kMix
};  // its negative, ten times it, noise as long as it, all in turn

struct FederatedOptions {
  int nodes = 20;
  int hidden = 256;  // as what ships has
  Regime regime = Regime::kShort;
  int rounds = 20;
  int local_steps = 10;  // of each node in a round
  int batch = 32;
  double rate = 3e-3;
  std::uint64_t seed = 7;
  federated::GossipOptions gossip{.peers = 5};
  federated::MergeOptions merge;
  federated::Encoding encoding = federated::Encoding::kInt8;
  /// How much worse than those that its round began with a node lets averaged weights be by its own
  /// windows.
  double tolerance = 0.1;
  /// Momentum of the rounds: a node goes on beyond the average by this share of where its last
  /// rounds went.
  double momentum = 0.5;
  double poisoned = 0;  // share of the nodes
  Attack attack = Attack::kMix;
  federated::PrivacyOptions privacy;
};

/// Workloads dealt out: each node's own, and those that nobody learns from.
struct FederatedData {
  std::vector<std::vector<Series>> nodes;
  std::vector<Series> held_out;
};

/// Shuffles by the seed, keeps one workload in four out, deals the others out evenly; `by_kind`
/// deals neighbours to one node. Errors: fewer than two workloads a node.
Result<FederatedData> deal(std::vector<Series> workloads, int nodes, bool by_kind,
                           std::uint64_t seed);

struct RoundState {
  std::string phase;  // "together", "alone", "central"
  int step = 0;       // of `steps` of all phases
  int steps = 0;
};

/// All losses are mean pinball losses on the newest quarter of the held-out workloads.
struct FederatedOutcome {
  std::int64_t weights = 0;  // of the network
  std::int64_t windows = 0;  // learned from, all nodes
  std::int64_t held_out_windows = 0;
  int poisoned = 0;  // nodes
  double untrained = 0;
  double central = 0;
  double alone = 0;     // mean over honest nodes
  double together = 0;  // mean over honest nodes
  double together_worst = 0;
  std::vector<double> by_round;  // together, mean over honest nodes after each round
  double bytes_out = 0;          // of a node in a round, mean
  double bytes_in = 0;
  std::uint64_t adopted = 0;  // merges that the own validation let through, of honest nodes
  federated::RejectionCounts rejected{};
  double epsilon = 0;  // the largest of a node's; infinite without noise
  bool interrupted = false;
};

/// Every node, and the one that has all data, starts from the same weights and takes the same
/// number of steps. In one place a step's batch has the windows of all nodes' batches together.
/// Alone and in one place the version counts that did best on the own validation windows, the
/// newest quarter of the workloads' time, after any round; together it is the last one. `go_on` is
/// asked after each stretch of steps; stopped, the outcome is incomplete and says so. Errors: a
/// node without windows.
Result<FederatedOutcome> study_federated(const FederatedData& data, const FederatedOptions& options,
                                         const std::function<bool(const RoundState&)>& go_on = {});

}  // namespace starling::lab
