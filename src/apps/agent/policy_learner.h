// Keeps a node's copy of the learned policy's weights learning, together with the other nodes.
#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "apps/agent/policy_training.h"
#include "apps/agent/weight_exchange.h"
#include "control/fleet_view.h"
#include "policy/learned/policy_net.h"
#include "trace/series.h"

namespace starling::agent {

/// A round: train on the older part of what the node has seen, offer the result to peers, average
/// it with theirs, judge all of it on the newest part. What does at least 1 % better than what
/// serves takes its place; where the configured weights do better than what serves, they do.
/// One caller at a time.
class PolicyRound {
 public:
  using Net = std::shared_ptr<const PolicyNet>;
  /// `serving` may be `configured` or weights kept from before.
  PolicyRound(Net configured, Net serving, WeightExchange& exchange);

  struct Outcome {
    bool changed = false;  // serving() is other weights from now on
    std::string text;      // one sentence, for people
  };
  struct Patience {
    std::function<bool()> go_on;     // whether training may still take time
    std::function<bool()> stopping;  // whether the round is to end, whatever has come of it
  };
  /// A round that finds no model with an hour of demand changes nothing.
  Outcome run(const std::vector<Series>& usage, std::uint64_t seed, TimePoint now,
              const Patience& patience);
  const Net& serving() const { return serving_; }

 private:
  struct Candidate {
    Net net;
    double loss = 0;
    std::string origin;
  };
  std::optional<Candidate> average(const Candidate& own, std::uint64_t amount,
                                   const PolicyTapes& tapes, TimePoint now);
  void serve(Net net, const std::string& origin);

  Net configured_;
  Net serving_;
  WeightExchange& exchange_;
};

/// Whether a model of the fleet is decided for by the learned policy, or shadowed by it.
bool asks_for_learned(const FleetView& view);

/// A thread of the lowest priority that runs a round every interval, a minute of training at most.
class PolicyLearner {
 public:
  struct Options {
    Duration interval{1h};       // of rounds; 0: none
    std::filesystem::path file;  // that the node's own weights are kept in over restarts
  };
  using Usage = std::function<Result<std::vector<Series>>()>;
  /// Whether a model's policy is `learned`: else there is nothing to learn for.
  using Wanted = std::function<bool()>;
  /// Called on the learner's thread, at the start too where there are own weights.
  using TakeOn = std::function<void(std::shared_ptr<const PolicyNet>)>;

  PolicyLearner(std::shared_ptr<const PolicyNet> configured, Options options,
                WeightExchange& exchange, Usage usage, Wanted wanted, TakeOn take_on);
  ~PolicyLearner();

 private:
  void run();

  Options options_;
  Usage usage_;
  Wanted wanted_;
  TakeOn take_on_;
  PolicyRound round_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace starling::agent
