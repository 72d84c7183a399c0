// What must hold in a chaos run, whatever goes wrong. docs/testing.md says it for people.
//
//   capacity     no node runs more than it has (World sees to it)
//   wire         every message can be read back (World)
//   ownership    a node obeys of a model's owners only its first in rank, and never one of an
//   earlier
//                epoch than the last that it obeyed; an epoch is of one owner in the whole fleet
//   start-rate   of a model no more replicas are started in a minute than its bound
//   minimum      a model has its minimum of ready replicas wherever nodes that talk to each other
//                and know the specs could hold all minimums, but for a time after each disturbance
//   specs        a change that was acknowledged is, in the end, what every agent goes by
//   convergence  some time after the last fault: one owner a model in every agent's eyes, ready
//                replicas within limits and once as many as were wanted, routes only to what
//                lives, nothing on draining nodes that there is room for elsewhere
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/fault_injector.h"

namespace starling {

/// Watches one run of a plan. Not thread safe.
class Invariants final : public WorldWatcher {
 public:
  /// All must outlive it.
  Invariants(const FaultPlan& plan, const World& world, const FaultWorkload& workload,
             const FaultInjector& injector);

  void on_start(const std::string& node, const ReplicaStart& replica, Duration at) override;
  void on_obeyed(const std::string& node, const Agent& agent, const PlacementChanged& change,
                 Duration at) override;

  /// To be called often, and with `calm` once the last fault has ended.
  void check(Duration now, bool calm);
  /// When the time to converge is over.
  void check_converged(Duration now);

  /// In the order in which they broke.
  const std::vector<Violation>& broken() const { return broken_; }
  /// When, since the start, everything had come to rest for good; none: not yet.
  std::optional<Duration> rested_at() const { return rested_at_; }
  /// Of replicas, so far.
  std::int64_t starts() const { return starts_; }

 private:
  using Group = std::vector<std::string>;  // nodes

  std::vector<Group> groups() const;
  bool holds_minimums(const Group& group) const;
  void check_epoch(const std::string& node, const Agent& agent, const PlacementChanged& change,
                   Duration at);
  void check_minimum(Duration now);
  std::optional<std::string> unlike_specs(const std::string& node) const;
  std::optional<std::string> unlike_specs() const;
  std::optional<std::string> unrest() const;
  std::optional<std::string> unrest_of(const ModelSpec& model) const;
  std::optional<std::string> undrained() const;
  void note_wanted();
  std::string agreed_owner(const std::string& model) const;
  bool bids(const std::string& node) const;
  bool has_room(const ModelSpec& model) const;
  void broke(const std::string& invariant, Duration at, std::string detail);

  const FaultPlan& plan_;
  const World& world_;
  const FaultWorkload& workload_;
  const FaultInjector& injector_;
  std::size_t world_violations_ = 0;                           // that were taken over
  std::map<std::string, std::deque<Duration>> recent_starts_;  // by model
  std::int64_t starts_ = 0;
  struct Obeyed {
    std::string owner;
    Epoch epoch = 0;
    std::uint64_t life = 0;   // the node's incarnation
    std::uint64_t since = 0;  // of its record of the model's epochs
  };
  std::map<std::pair<std::string, std::string>, Obeyed> obeyed_;  // by node, model
  std::map<std::pair<std::string, Epoch>, std::string> owners_;   // by model, epoch
  std::map<std::pair<std::string, std::string>, Duration>
      below_;                         // by first of group, model: since
  std::set<std::string> had_wanted_;  // models, since the calm began
  std::optional<Duration> rested_at_;
  std::vector<Violation> broken_;
};

}  // namespace starling
