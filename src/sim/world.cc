#include "sim/world.h"

#include <algorithm>

#include "control/ownership.h"
#include "control/resources.h"
#include "forecast/baselines.h"
#include "sim/node_name.h"

namespace starling {
namespace {

constexpr Duration kTick = 100ms;
// As transport's spec store: changes announce themselves, and a regular look finds what was missed.
constexpr Duration kSpecLook = 1s;
constexpr double kAnnouncement_s[] = {0.005, 0.1};
constexpr double kEpochSeconds =
    1'700'000'000;  // a fixed start, so that logs are the same in every run

}  // namespace

World::World(WorldOptions options, std::uint64_t seed)
    : options_(std::move(options)),
      network_rng_(Rng(seed).split(1)),
      runtime_rng_(Rng(seed).split(2)),
      traffic_rng_(Rng(seed).split(3)),
      spec_rng_(Rng(seed).split(4)),
      start_(from_unix_seconds(kEpochSeconds)),
      now_(start_),
      forecaster_(std::move(*make_forecaster("ses"))) {
  for (int i = 0; i < options_.nodes; ++i) {
    Node node;
    node.info.name = node_name(i);
    node.info.cloud = cloud_name(i % options_.clouds);
    node.info.region = "r1";
    node.info.zone = fmt::format("z{}", i / options_.clouds % 3);
    node.info.cpu_millis = options_.node_size.cpu_millis;
    node.info.memory_bytes = options_.node_size.memory_bytes;
    node.info.price_per_cpu_hour = 0.03 + 0.01 * (i % options_.clouds);
    nodes_[node.info.name] = std::move(node);
  }
  for (auto& [name, node] : nodes_) boot(node);
  add_pool_nodes();
}

void World::schedule(TimePoint at, Node& node, std::function<void(Node&)> run) {
  events_.push_back({at, order_++, &node, node.life, std::move(run)});
  std::push_heap(events_.begin(), events_.end(), std::greater<>());
}

void World::note(const std::string& node, const std::string& what) {
  if (!options_.log) return;
  log_ += fmt::format("{:.6f} {} {}\n", seconds(now_ - start_), node, what);
}

bool World::cut(const std::string& from, const std::string& to) const {
  return side_.contains(from) != side_.contains(to) ||
         (!blocked_.empty() && blocked_.contains({from, to}));
}

bool World::talk(const std::string& one, const std::string& other) const {
  return !cut(one, other) && !cut(other, one);
}

bool World::has_quorum(const Node& node) const {
  const auto& pools = options_.agent.pools;
  const auto reached = std::count_if(nodes_.begin(), nodes_.end(), [&](const auto& other) {
    // The store is on the nodes that stay.
    const bool elastic = std::any_of(pools.begin(), pools.end(), [&](const PoolOptions& pool) {
      return slot_of(pool.name, other.first).has_value();
    });
    return !elastic && other.second.agent != nullptr && !other.second.frozen &&
           talk(node.info.name, other.first);
  });
  return 2 * reached > options_.nodes;
}

void World::look_at_specs(Node& node) {
  if (node.specs_seen == spec_revision_ || !has_quorum(node)) return;
  node.specs_seen = spec_revision_;
  note(node.info.name, fmt::format("reads specs, revision {}", spec_revision_));
  std::vector<StoredSpec> specs;
  for (const auto& model : options_.models) specs.push_back({model, spec_revision_});
  apply(node, node.agent->on_specs(std::move(specs), clock_of(node)));
}

void World::look_regularly(Node& node) {
  look_at_specs(node);
  schedule(now_ + kSpecLook, node, [this](Node& n) { look_regularly(n); });
}

void World::boot(Node& node) {
  ++node.life;
  node.scope.clear();
  node.ahead = node.ahead_next;
  // As in earnest, the incarnation is the time of the start by the node's own clock.
  const auto incarnation = static_cast<std::uint64_t>(clock_of(node).time_since_epoch().count());
  node.agent = std::make_unique<Agent>(node.info, incarnation, clock_of(node), agent_options(node));
  note(node.info.name, "boot");
  apply(node, node.agent->set_scheduling(node.scheduling, clock_of(node)));
  node.specs_seen = 0;
  const auto first_look = now_ + from_seconds(spec_rng_.uniform(0, seconds(kSpecLook)));
  schedule(first_look, node, [this](Node& n) { look_regularly(n); });
  // Nodes do not tick in step: each has a phase of its own.
  const Duration phase(
      static_cast<std::int64_t>(runtime_rng_.below(static_cast<std::uint64_t>(kTick.count()))));
  schedule(now_ + phase, node, [this](Node& n) { tick(n); });
  const auto next_second = std::chrono::ceil<std::chrono::seconds>(now_) + 10ms;
  schedule(next_second, node, [this](Node& n) { report_traffic(n); });
}

void World::tick(Node& node) {
  run_replicas(node);
  if (watcher_ != nullptr) watcher_->on_work(node.info.name, true);
  Effects effects = node.agent->on_tick(clock_of(node));
  if (watcher_ != nullptr) watcher_->on_work(node.info.name, false);
  apply(node, std::move(effects));
  schedule(now_ + kTick, node, [this](Node& n) { tick(n); });
}

void World::run_replicas(Node& node) {
  for (auto it = node.replicas.begin(); it != node.replicas.end();) {
    auto& [id, replica] = *it;
    ReplicaEvent event{ReplicaEvent::Kind::kReady, id, "10.0.0.1:1", now_ - replica.began, ""};
    if (replica.stop_at && now_ >= *replica.stop_at) {
      event.kind = ReplicaEvent::Kind::kStopped;
    } else if (!replica.told && now_ >= replica.ready_at) {
      replica.told = true;
      if (replica.fails) event.kind = ReplicaEvent::Kind::kFailed;
    } else {
      ++it;
      continue;
    }
    note(node.info.name, fmt::format("replica {} event {}", id, static_cast<int>(event.kind)));
    const bool gone = event.kind != ReplicaEvent::Kind::kReady;
    it = gone ? node.replicas.erase(it) : std::next(it);
    apply(node, node.agent->on_replica_event(event, clock_of(node)));
  }
}

/// Each live node's gateway takes an even share of a model's demand; requests are served as they
/// come.
void World::report_traffic(Node& node) {
  const auto up = std::count_if(nodes_.begin(), nodes_.end(),
                                [](const auto& n) { return n.second.agent != nullptr; });
  std::vector<ModelTraffic> traffic;
  for (std::size_t i = 0; i < options_.models.size(); ++i) {
    const double rate = options_.demand ? options_.demand(i, now_ - start_) : 0;
    ModelTraffic t;
    t.model = options_.models[i].name;
    t.arrivals = static_cast<std::uint64_t>(traffic_rng_.poisson(rate / static_cast<double>(up)));
    t.completed = t.arrivals;
    t.in_flight = rate * options_.service_s / static_cast<double>(up);
    t.latency.add(options_.service_s, t.arrivals);
    t.service_count = t.arrivals;
    t.service_sum_s = options_.service_s * static_cast<double>(t.arrivals);
    t.service_square_sum = 1.2 * options_.service_s * t.service_sum_s;
    traffic.push_back(std::move(t));
  }
  const auto second = std::chrono::floor<std::chrono::seconds>(clock_of(node)) - 1s;
  apply(node, node.agent->on_traffic(traffic, second, clock_of(node)));
  schedule(now_ + 1s, node, [this](Node& n) { report_traffic(n); });
}

void World::check_capacity(const Node& node) {
  Resources used{0, 0, 0};
  for (const auto& [id, replica] : node.replicas) {
    used = sum(used, replica.start.model.resources);
  }
  const Resources capacity = node.info.capacity();
  if (fits(used, capacity)) return;
  violated("capacity", fmt::format("node {} runs {}m CPU, {} bytes and {} GPUs of {}m, {} and {}",
                                   node.info.name, used.cpu_millis, used.memory_bytes, used.gpus,
                                   capacity.cpu_millis, capacity.memory_bytes, capacity.gpus));
}

void World::violated(const std::string& invariant, std::string detail) {
  note("world", fmt::format("invariant {} broken: {}", invariant, detail));
  violations_.push_back({invariant, since_start(), std::move(detail)});
}

void World::run_for(Duration span) {
  const TimePoint end = now_ + span;
  while (!events_.empty() && events_.front().at <= end) {
    std::pop_heap(events_.begin(), events_.end(), std::greater<>());
    Event event = std::move(events_.back());
    events_.pop_back();
    now_ = event.at;
    Node& node = *event.node;
    if (node.agent == nullptr || node.life != event.life) continue;
    if (node.frozen) {
      node.held.push_back(std::move(event));
    } else {
      event.run(node);
    }
  }
  now_ = end;
}

void World::crash(const std::string& name) {
  Node& node = nodes_.at(name);
  node.agent.reset();
  node.replicas.clear();
  node.held.clear();
  node.routes.clear();
  node.frozen = false;
  note(name, "crash");
}

void World::set_clock(const std::string& name, Duration ahead) {
  Node& node = nodes_.at(name);
  node.ahead_next = ahead;
  node.ahead = std::max(node.ahead, ahead);
}

void World::freeze(const std::string& name) {
  Node& node = nodes_.at(name);
  node.frozen = node.agent != nullptr;
  note(name, "freeze");
}

void World::thaw(const std::string& name) {
  Node& node = nodes_.at(name);
  if (!node.frozen) return;
  node.frozen = false;
  note(name, "thaw");
  for (Event& event : node.held) {
    event.at = now_;
    event.order = order_++;
    events_.push_back(std::move(event));
    std::push_heap(events_.begin(), events_.end(), std::greater<>());
  }
  node.held.clear();
}

void World::restart(const std::string& name) {
  Node& node = nodes_.at(name);
  if (node.agent == nullptr) boot(node);
}

bool World::set_scheduling(const std::string& name, Scheduling scheduling) {
  Node& node = nodes_.at(name);
  if (node.agent == nullptr || node.frozen) return false;
  node.scheduling = scheduling;
  apply(node, node.agent->set_scheduling(scheduling, clock_of(node)));
  return true;
}

bool World::set_models(std::vector<ModelSpec> models) {
  const bool quorum = std::any_of(nodes_.begin(), nodes_.end(),
                                  [this](const auto& n) { return has_quorum(n.second); });
  if (!quorum) return false;
  options_.models = std::move(models);
  ++spec_revision_;
  for (auto& [name, node] : nodes_) {
    const auto delay = from_seconds(spec_rng_.uniform(kAnnouncement_s[0], kAnnouncement_s[1]));
    if (node.agent == nullptr || spec_rng_.chance(options_.network.loss)) continue;
    schedule(now_ + delay, node, [this](Node& n) { look_at_specs(n); });
  }
  return true;
}

}  // namespace starling
