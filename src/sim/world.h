// A whole fleet in one process on virtual time: the production control code, simulated nodes and
// network, faults.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/rng.h"
#include "control/agent.h"

namespace starling {

/// What the simulated network does to each message between two nodes.
struct NetworkFaults {
  double loss = 0;       // share of messages that never arrive
  double duplicate = 0;  // share that arrives twice
  Duration delay_min{1ms};
  Duration delay_max{5ms};  // reordering follows from unequal delays
};

struct WorldOptions {
  int nodes = 50;
  int clouds = 3;  // nodes are dealt to clouds in turn, three zones a cloud
  Resources node_size{8000, 16LL << 30};
  std::vector<ModelSpec> models;
  /// Requests per second of a model (by index in `models`) at a time since the start.
  std::function<double(std::size_t model, Duration since_start)> demand;
  double service_s = 0.05;
  Duration cold_start_min{1s};
  Duration cold_start_max{4s};
  double start_failure = 0;  // share of replica starts that fail
  NetworkFaults network;
  AgentOptions agent;
};

/// Same options, seed and calls: the same events, byte for byte.
class World {
 public:
  World(WorldOptions options, std::uint64_t seed);

  void run_for(Duration span);
  TimePoint now() const { return now_; }

  void set_network(const NetworkFaults& faults) { options_.network = faults; }
  /// The node stops at once, with all its replicas; nobody is told.
  void crash(const std::string& node);
  /// A crashed node starts again, empty and with a new incarnation.
  void restart(const std::string& node);
  /// Messages cross between the two sides no more, until heal(). The spec store is replicated over
  /// all nodes, so only the side with more than half of them, if it has so many up, reads or
  /// changes specs.
  void partition(std::set<std::string> side) { side_ = std::move(side); }
  void heal() { side_.clear(); }
  /// Changes or removes specs in the store. Nodes hear of it a little later, or find it when they
  /// next look, once a second. False, and nothing changes, where no side has a quorum.
  bool set_models(std::vector<ModelSpec> models);

  std::vector<std::string> node_names() const;
  bool is_up(const std::string& node) const;
  /// Every agent that is up, for inspection.
  const Agent* agent(const std::string& node) const;
  /// Replicas of the model that truly run and are ready, on nodes that are up.
  int ready(const std::string& model) const;
  /// Every broken invariant so far: a node over its capacity, by what truly runs on it.
  const std::vector<std::string>& violations() const { return violations_; }
  /// One line an event: messages, faults, starts and stops, in order.
  const std::string& event_log() const { return log_; }

 private:
  struct RunningReplica {
    ReplicaStart start;
    TimePoint ready_at;
    TimePoint began;
    bool fails = false;
    bool told = false;
    std::optional<TimePoint> stop_at;
  };
  struct Node {
    NodeInfo info;
    std::unique_ptr<Agent> agent;  // null while crashed
    std::uint64_t incarnation = 0;
    std::map<std::string, RunningReplica> replicas;
    std::uint64_t specs_seen = 0;  // the revision that this life of the node has read
  };
  struct Event {
    TimePoint at;
    std::uint64_t order;  // breaks ties the same way every time
    Node* node;
    std::uint64_t incarnation;  // events of an earlier life of the node are dropped
    std::function<void(Node&)> run;
    bool operator>(const Event& other) const {
      return std::pair(at, order) > std::pair(other.at, other.order);
    }
  };

  void schedule(TimePoint at, Node& node, std::function<void(Node&)> run);
  void boot(Node& node);
  void tick(Node& node);
  void run_replicas(Node& node);
  void report_traffic(Node& node);
  void apply(Node& node, Effects effects);
  /// The message after a trip through its wire form, so that agents here decode what they would in
  /// earnest. Of heartbeats and traffic reports, nearly all of the messages, only a sample makes
  /// the trip.
  std::shared_ptr<const Message> through_wire(Message message);
  void deliver(const Node& from, const std::string& to,
               const std::shared_ptr<const Message>& message);
  void check_capacity(const Node& node);
  bool has_quorum(const Node& node) const;
  void look_at_specs(Node& node);
  void look_regularly(Node& node);
  void note(const std::string& node, const std::string& what);

  WorldOptions options_;
  Rng network_rng_, runtime_rng_, traffic_rng_, spec_rng_;
  TimePoint start_;
  TimePoint now_;
  std::uint64_t order_ = 0;
  std::uint64_t bulk_messages_ = 0;
  std::uint64_t spec_revision_ = 1;
  std::map<std::string, Node> nodes_;
  std::set<std::string> side_;
  std::vector<Event> events_;  // a heap, the earliest at the front
  std::unique_ptr<Forecaster> forecaster_;
  std::vector<std::string> violations_;
  std::string log_;
};

}  // namespace starling
