// One pool of elastic nodes: how many the fleet asks a provider for, and which it gives back. A
// pure state machine, run by the one node that decides for the pool (control/pools.cc).
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/effects.h"
#include "control/messages.h"

namespace starling {

/// What an operator allows of a pool. Its nodes are called NAME-1 to NAME-max, so that two nodes
/// which both decide during a partition ask for the same ones.
struct PoolOptions {
  std::string name;
  int min = 0;  // nodes
  int max = 1;
  Resources node_size;  // what one of its nodes offers
  std::string cloud;
  double price_per_hour = 0;              // of a node
  std::optional<double> budget_per_hour;  // of all its nodes
  Duration idle{10min};                   // a node that is not needed is kept for so long
  Duration boot{10min};          // a node that is not heard for so long, new or not, is given back
  double headroom = 0.1;         // share of every other node that stays free when one is given back
  Duration call_patience{2min};  // a provider that has not answered by then has failed
};

/// Replicas of one size that want a place.
struct PoolWant {
  std::string model;
  Resources size;                   // of one
  std::vector<std::string> clouds;  // allowed ones; empty: any
  int count = 0;
  std::set<std::string> apart = {};  // models that it shares no node with
};

/// A node that takes replicas, or will.
struct PoolRoom {
  std::string node;  // empty: it is not there yet
  std::string cloud;
  Resources capacity;
  Resources free;
  std::set<std::string> runs = {};  // models, at least those that anybody keeps apart from
};

/// A live node that has a name of the pool's.
struct PoolMember {
  Scheduling scheduling = Scheduling::kOpen;
  std::uint64_t incarnation = 0;  // the higher, the younger
  bool decides = false;           // for a model
  std::vector<PoolWant> runs;     // by model
};

/// What a pool goes by.
struct PoolView {
  std::vector<PoolWant> wants;  // replicas that are wanted and run nowhere
  std::vector<PoolRoom> rooms;  // of live nodes that take replicas, this pool's included
  std::vector<PoolRoom>
      coming;  // what the other pools have asked for, and what cheaper ones still may
  std::map<std::string, PoolMember> members;
  bool others_drain = false;  // a node that is not this pool's is being emptied
};

/// How many more nodes of `size` in `cloud` it takes to place what does not fit the rooms or may
/// not run in them: first fit, large ones first. What could not run on such a node either counts
/// for nothing.
int nodes_needed(std::vector<PoolWant> wants, std::vector<PoolRoom> rooms, const Resources& size,
                 const std::string& cloud);

/// The N of "POOL-N", 1 and up; nothing for any other name.
std::optional<int> slot_of(const std::string& pool, const std::string& node);

class NodePool {
 public:
  /// Demand must be seen not to fit in so many rounds in a row.
  static constexpr int kRounds = 3;
  static constexpr Duration kRound = 2s;
  /// The provider is asked what there is at least so often: its answer is the truth.
  static constexpr Duration kListEvery = 30s;

  explicit NodePool(PoolOptions options) : options_(std::move(options)) {}

  /// Only while this node decides for the pool.
  Effects on_tick(const PoolView& view, TimePoint now);
  Effects on_answer(const ProviderAnswer& answer, TimePoint now);
  /// Another node decides now: what was known here is forgotten.
  void resign();

  const PoolOptions& options() const { return options_; }
  bool decides() const { return decides_; }
  PoolSummary summary() const;
  /// How many nodes max and budget allow.
  int cap() const;

 private:
  struct Node {
    TimePoint since{};        // it was made, first listed, or last heard
    bool listed = false;      // the provider knows it
    bool was_listed = false;  // it has known it
    bool doubtful = false;    // the call that was to make it failed
    bool live = false;
    bool joined = false;    // it was live once
    bool draining = false;  // as it says itself
    /// This pool is giving it back; told so at `marked`.
    bool returning = false;
    TimePoint marked{};
  };
  struct Call {
    AskProvider asked;
    TimePoint until{};
  };

  void observe(const PoolView& view, TimePoint now);
  int measure(const PoolView& view, TimePoint now);
  int steady_need() const;
  void call(ProviderAction action, const std::string& node, TimePoint now, Effects& out);
  void give_back(const PoolView& view, TimePoint now, Effects& out);
  void grow(const PoolView& view, TimePoint now, Effects& out);
  int keep_returning(int count, TimePoint now, Effects& out);
  void shrink(const PoolView& view, int needed, TimePoint now, Effects& out);
  void drain(const std::string& name, const std::string& why, TimePoint now, Effects& out);
  std::string spare(const PoolView& view) const;
  std::vector<std::string> by_ease(const PoolView& view) const;
  bool being_ended(const std::string& node) const;
  bool mended(const AskProvider& failed) const;
  std::string free_slot(const PoolView& view) const;
  void limit(std::string why, Effects& out);
  void failed(const std::string& why, TimePoint now, Effects& out);
  void take_list(const ProviderAnswer& answer, TimePoint now, Effects& out);
  int count(bool Node::*flag) const;
  int staying() const;

  PoolOptions options_;
  bool decides_ = false;
  std::map<std::string, Node> nodes_;
  std::optional<Call> call_;
  std::uint64_t calls_ = 0;
  bool known_ = false;  // the provider has said which nodes there are, after the last failure too
  TimePoint list_at_{}, round_at_{}, retry_at_{};
  int failures_ = 0;                        // in a row
  TimePoint now_{};                         // of the last tick
  std::deque<int> needs_;                   // of the last rounds
  std::optional<TimePoint> spare_since_;    // a node could go
  std::optional<TimePoint> given_back_at_;  // the last time
  int patience_ = 1;  // times `idle`: longer after a node was given back too soon
  int wanted_ = 0;
  std::string limit_, error_;
  std::optional<AskProvider> failed_;  // what error_ is of
};

}  // namespace starling
