// A node's own books: what it runs, what it has promised, what is free. Nobody else may change
// them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "control/messages.h"

namespace starling {

/// The price of one replica an hour: its CPU, memory and GPUs. On a node without a price for
/// memory, the CPU's is for a core and 4 GiB, half each, as cloud price lists do.
double price_per_hour(const NodeInfo& node, const Resources& size);

/// Guards the one invariant that makes leaderless placement safe: replicas (draining ones too) and
/// promises together never exceed the node's CPU, memory or GPUs. Room that was sold is promised,
/// too.
class Ledger {
 public:
  static constexpr Duration kPromise{1s};
  static constexpr Duration kSoldRoom{10s};  // kept for the buyer
  static constexpr Duration kWarm{1h};       // so long the files of a model that ran are at hand

  explicit Ledger(NodeInfo node) : node_(std::move(node)) {}

  /// Promises room for as many of the wanted replicas as fit, until now + kPromise. Asked twice for
  /// the same request, gives the same promise.
  Bid bid(const BidRequest& request, TimePoint now);
  /// Turns a promise into replicas (state starting). Repeated for the same request, it answers with
  /// what it started the first time. A promise that expired or is unknown is refused.
  AwardReply accept(const Award& award, const ModelSpec& spec, TimePoint now);
  /// Whether accept() would only repeat its answer.
  bool accepted(const std::string& request) const { return accepted_.contains(request); }
  /// Of one replica that a promise is for; zeros for an unknown one.
  Resources promised_size(const std::string& request) const;
  /// The owner wants none of what was promised: anybody may have the room.
  void refuse(const std::string& request) { promises_.erase(request); }
  /// The node can't keep its promise: what it kept for the buyer before it keeps as before.
  void take_back(const std::string& request);
  /// Forgets promises and remembered awards that are too old.
  void expire(TimePoint now);

  /// One of `others` that runs here; empty: none does.
  std::string any_of(const std::vector<std::string>& others) const;
  /// Changes the size of a running replica if the node has room for it. Its GPUs can't change. What
  /// a smaller size leaves over is free once settle_resizes() was called: until then the runtime
  /// may refuse it.
  bool resize(const std::string& id, const Resources& resources);
  void settle_resizes() { resizing_.clear(); }
  /// The runtime refused: the replica has the size that it had.
  void undo_resize(const std::string& id, const Resources& before);
  ReplicaStatus* find(const std::string& id);
  /// The replica's room is for `buyer` alone, from the moment that it is gone and for kSoldRoom.
  /// Where one of the buyer's needs more, `size`, the rest is kept from now on, if it is free.
  void sell(const std::string& id, const std::string& buyer, const Resources& size = {0, 0});
  void remove(const std::string& id, TimePoint now);

  const NodeInfo& node() const { return node_; }
  const std::map<std::string, ReplicaStatus>& replicas() const { return replicas_; }
  /// What replicas and promises leave over.
  Resources free() const;

 private:
  /// Room that a replica of `model` was given up for.
  struct Sold {
    std::string model;
    Resources resources;
    TimePoint expires{};
  };
  struct Buyer {
    std::string model;
    Resources rest;  // that it needs beside the replica's room
  };
  struct Promise {
    BidRequest request;
    int count = 0;
    TimePoint expires{};
    std::vector<Sold> sold;  // part of it; kept on for the buyer where the promise just lapses
  };
  void keep_again(const std::vector<Sold>& sold);
  static std::vector<Sold> beyond(const Resources& taken, const std::vector<Sold>& sold);
  std::vector<int> free_devices(std::int64_t count) const;
  bool warm(const std::string& model) const;

  struct Accepted {
    AwardReply reply;
    TimePoint at{};
  };

  NodeInfo node_;
  std::map<std::string, ReplicaStatus> replicas_;
  std::map<std::string, Promise> promises_;    // by request
  std::map<std::string, Accepted> accepted_;   // by request
  std::map<std::string, Buyer> buyers_;        // by replica that is going
  std::map<std::string, Resources> resizing_;  // by replica: what it had before, see resize()
  std::vector<Sold> sold_;
  std::map<std::string, TimePoint> ran_;  // model → forgotten at
};

}  // namespace starling
