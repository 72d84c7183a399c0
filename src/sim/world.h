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
  double reorder = 0;       // share that is held back, for up to …
  Duration reorder_delay{};
};

/// What a node's runtime does with starts of replicas.
struct RuntimeFaults {
  double cold_start_factor = 1;
  double start_failure = 0;  // share that fails
};

/// A broken invariant.
struct Violation {
  std::string invariant;
  Duration at{};  // since the start
  std::string detail;
};

/// Is told what nodes do, as they do it.
class WorldWatcher {
 public:
  virtual ~WorldWatcher() = default;
  /// The node begins to start a replica; `at` is since the start.
  virtual void on_start(const std::string& node, const ReplicaStart& replica, Duration at) = 0;
  /// The node did what an owner asked for: it started a replica, or is about to stop one.
  virtual void on_obeyed(const std::string& node, const Agent& agent,
                         const PlacementChanged& change, Duration at) = 0;
  /// A message leaves the node; for everybody else where `to` is empty.
  virtual void on_sent(const std::string& /*from*/, const std::string& /*to*/,
                       const Message& /*message*/) {}
  /// The node's agent is about to do something, or has done it.
  virtual void on_work(const std::string& /*node*/, bool /*begins*/) {}
};

/// A fleet, its work and its network.
struct WorldOptions {
  int nodes = 50;
  int clouds = 3;  // nodes are dealt to clouds in turn, three zones a cloud
  Resources node_size{8000, 16LL << 30};
  std::vector<ModelSpec> models;
  /// Requests per second of a model (by index in `models`) at a time since the start.
  std::function<double(std::size_t model, Duration since_start)> demand;
  double service_s = 0.05;  // of a request
  Duration cold_start_min{1s};
  Duration cold_start_max{4s};
  double start_failure = 0;  // share of replica starts that fail
  NetworkFaults network;
  /// The nodes of its pools are there at once when they are asked for; `nodes` decide for them.
  AgentOptions agent;
  bool log = true;  // whether event_log() is kept
};

/// Same options, seed and calls: the same events, byte for byte.
class World {
 public:
  /// All nodes boot at once.
  World(WorldOptions options, std::uint64_t seed);

  /// Null: nobody. The watcher must outlive the world or be replaced.
  void watch(WorldWatcher* watcher) { watcher_ = watcher; }

  /// Carries out all events of the next `span` of virtual time.
  void run_for(Duration span);
  /// Virtual time.
  TimePoint now() const { return now_; }
  Duration since_start() const { return now_ - start_; }

  /// From now on, for all messages.
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
  /// From now on messages from the first of each pair to the second are lost. Only a node that
  /// talks both ways with more than half of all nodes reads or changes specs.
  void block(std::set<std::pair<std::string, std::string>> links) { blocked_ = std::move(links); }
  /// The node's agent does nothing, as after SIGSTOP, while its replicas go on. What would have
  /// happened meanwhile, messages included, happens at once and in order when it is thawed.
  void freeze(const std::string& node);
  void thaw(const std::string& node);
  /// So far the node's clock is ahead of the true time; negative: behind. As an agent's clock never
  /// steps back while it runs (SystemClock), what would set it back waits for its next start.
  void set_clock(const std::string& node, Duration ahead);
  /// From now on, for the node's starts of replicas.
  void set_runtime(const std::string& node, const RuntimeFaults& faults) {
    nodes_.at(node).runtime = faults;
  }
  /// An operator's word to the node, which keeps it over its restarts. False, and nothing changes,
  /// where the node is down or frozen.
  bool set_scheduling(const std::string& node, Scheduling scheduling);
  /// Changes or removes specs in the store. Nodes hear of it a little later, or find it when they
  /// next look, once a second. False, and nothing changes, where no side has a quorum.
  bool set_models(std::vector<ModelSpec> models);

  /// All nodes, up or not, in order of name.
  std::vector<std::string> node_names() const;
  bool is_up(const std::string& node) const;
  bool is_frozen(const std::string& node) const { return nodes_.at(node).frozen; }
  const NodeInfo& info(const std::string& node) const { return nodes_.at(node).info; }
  /// Whether messages pass in both directions.
  bool talk(const std::string& one, const std::string& other) const;
  /// Whether messages pass in neither.
  bool deaf(const std::string& one, const std::string& other) const {
    return cut(one, other) && cut(other, one);
  }
  /// Every agent that is up, for inspection.
  const Agent* agent(const std::string& node) const;
  /// Replicas of the model that truly run and are ready, on nodes that are up.
  int ready(const std::string& model) const;
  int ready_on(const std::string& node, const std::string& model) const;
  /// Ids of replicas that the node's gateway sends requests to and that are not ready, or not there
  /// any more.
  std::vector<std::string> dead_routes(const std::string& node) const;
  /// Every broken invariant so far: `capacity`, a node over its capacity by what truly runs on it;
  /// `wire`, a message that cannot be read back.
  const std::vector<Violation>& violations() const { return violations_; }
  /// One line an event: messages, faults, starts and stops, in order.
  const std::string& event_log() const { return log_; }
  /// Adds a line to it.
  void note(const std::string& who, const std::string& what);

 private:
  struct RunningReplica {
    ReplicaStart start;
    TimePoint ready_at;
    TimePoint began;
    bool fails = false;
    bool told = false;
    std::optional<TimePoint> stop_at;
  };
  struct Node;
  struct Event {
    TimePoint at;
    std::uint64_t order;  // breaks ties the same way every time
    Node* node;
    std::uint64_t life;  // events of an earlier life of the node are dropped
    std::function<void(Node&)> run;
    bool operator>(const Event& other) const {
      return std::pair(at, order) > std::pair(other.at, other.order);
    }
  };
  struct Node {
    NodeInfo info;
    std::unique_ptr<Agent> agent;  // null while crashed
    std::uint64_t life = 0;        // counts boots
    std::map<std::string, RunningReplica> replicas;
    std::uint64_t specs_seen = 0;  // the revision that this life of the node has read
    bool frozen = false;
    std::vector<Event> held;  // until it is thawed
    Duration ahead{};         // of its clock
    Duration ahead_next{};    // from its next start
    RuntimeFaults runtime;
    Scheduling scheduling = Scheduling::kOpen;
    Routes routes;
    std::string path;   // see cells.h
    std::string scope;  // the cell that it listens to
  };

  void schedule(TimePoint at, Node& node, std::function<void(Node&)> run);
  void boot(Node& node);
  void tick(Node& node);
  void run_replicas(Node& node);
  void report_traffic(Node& node);
  void add_pool_nodes();
  AgentOptions agent_options(const Node& node) const;
  void provide(Node& node, const AskProvider& question);
  void mark_later(const MarkNode& mark);
  struct EffectRunner;
  void apply(Node& node, Effects effects);
  /// The message after a trip through the wire form that `from` would send it in, so that agents
  /// here decode what they would in earnest. Of heartbeats and traffic reports, nearly all of the
  /// messages, only a sample makes the trip.
  std::shared_ptr<const Message> through_wire(const Node& from, Message message);
  void deliver(const Node& from, const std::string& to,
               const std::shared_ptr<const Message>& message);
  void check_capacity(const Node& node);
  bool has_quorum(const Node& node) const;
  void look_at_specs(Node& node);
  void look_regularly(Node& node);
  void start_replica(Node& node, const ReplicaStart& replica);
  void violated(const std::string& invariant, std::string detail);
  TimePoint clock_of(const Node& node) const { return now_ + node.ahead; }
  bool cut(const std::string& from, const std::string& to) const;
  const RunningReplica* running(const std::string& id) const;

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
  std::set<std::pair<std::string, std::string>> blocked_;  // from, to
  WorldWatcher* watcher_ = nullptr;
  std::vector<Violation> violations_;
  std::string log_;
};

}  // namespace starling
