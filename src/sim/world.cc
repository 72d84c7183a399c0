#include "sim/world.h"

#include <algorithm>

#include "control/cells.h"
#include "control/codec.h"
#include "control/ownership.h"
#include "forecast/baselines.h"
#include "sim/message_line.h"

namespace starling {
namespace {

constexpr Duration kTick = 100ms;
// As transport's spec store: changes announce themselves, and a regular look finds what was missed.
constexpr Duration kSpecLook = 1s;
constexpr double kAnnouncement_s[] = {0.005, 0.1};
constexpr std::uint64_t kBulkSample =
    37;  // a prime, so that no node's messages are always the ones taken
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
    node.info.name = fmt::format("n{:03}", i);
    node.info.cloud = fmt::format("cloud{}", i % options_.clouds);
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

void World::apply(Node& node, Effects effects) {
  for (auto& effect : effects) {
    if (auto* send = std::get_if<Send>(&effect)) {
      if (watcher_ != nullptr) watcher_->on_sent(node.info.name, send->to, send->message);
      deliver(node, send->to, through_wire(node, std::move(send->message)));
    } else if (auto* broadcast = std::get_if<Broadcast>(&effect)) {
      if (watcher_ != nullptr) watcher_->on_sent(node.info.name, "", broadcast->message);
      const auto message = through_wire(node, std::move(broadcast->message));
      for (const auto& [name, other] : nodes_) {
        if (name != node.info.name) deliver(node, name, message);
      }
    } else if (auto* tell = std::get_if<Tell>(&effect)) {
      if (watcher_ != nullptr) watcher_->on_sent(node.info.name, "", tell->message);
      const auto message = through_wire(node, std::move(tell->message));
      for (const auto& [name, other] : nodes_) {
        if (name != node.info.name && in_cell(tell->path, other.scope))
          deliver(node, name, message);
      }
    } else if (auto* listen = std::get_if<Listen>(&effect)) {
      node.scope = std::move(listen->scope);
    } else if (auto* start = std::get_if<StartReplicaEffect>(&effect)) {
      start_replica(node, start->replica);
    } else if (auto* stop = std::get_if<StopReplicaEffect>(&effect)) {
      const auto found = node.replicas.find(stop->id);
      if (found != node.replicas.end()) found->second.stop_at = now_ + 200ms;
    } else if (auto* resize = std::get_if<ResizeReplicaEffect>(&effect)) {
      const auto found = node.replicas.find(resize->id);
      if (found != node.replicas.end()) found->second.start.model.resources = resize->resources;
      check_capacity(node);
    } else if (auto* want = std::get_if<WantForecast>(&effect)) {
      const HistoryView history{want->series.values, want->series.present, want->series.start,
                                want->series.step, 0};
      auto forecasts = forecaster_->forecast({&history, 1}, want->horizon);
      if (!forecasts) continue;
      // The learner answers a little later, as the real one does.
      schedule(now_ + 20ms, node, [this, model = want->model, f = forecasts->front()](Node& n) {
        apply(n, n.agent->on_forecast(model, f, clock_of(n)));
      });
    } else if (auto* decided = std::get_if<Decided>(&effect)) {
      const auto& d = decided->decision;
      note(node.info.name, fmt::format("decides {} {} -> {} ({})", d.model, d.current,
                                       d.allocation.replicas, d.outcome));
    } else if (auto* tender = std::get_if<TenderSettled>(&effect)) {
      note(node.info.name, fmt::format("has settled {}: {}", tender->model, tender->outcome));
    } else if (auto* placed = std::get_if<PlacementChanged>(&effect)) {
      if (watcher_ != nullptr && !placed->owner.empty())
        watcher_->on_obeyed(node.info.name, *node.agent, *placed, since_start());
    } else if (auto* routes = std::get_if<SetRoutes>(&effect)) {
      node.routes = std::move(routes->routes);
    } else if (auto* question = std::get_if<AskProvider>(&effect)) {
      provide(node, *question);
    } else if (auto* mark = std::get_if<MarkNode>(&effect)) {
      mark_later(*mark);
    } else if (auto* notice = std::get_if<Notice>(&effect)) {
      note(node.info.name, notice->text);
    }
  }
}

void World::start_replica(Node& node, const ReplicaStart& replica) {
  const auto cold = from_seconds(
      node.runtime.cold_start_factor *
      runtime_rng_.uniform(seconds(options_.cold_start_min), seconds(options_.cold_start_max)));
  const bool fails =
      runtime_rng_.chance(std::max(options_.start_failure, node.runtime.start_failure));
  node.replicas[replica.id] = {replica, now_ + cold, now_, fails, false, std::nullopt};
  note(node.info.name, "start " + replica.id);
  if (watcher_ != nullptr) watcher_->on_start(node.info.name, replica, since_start());
  check_capacity(node);
}

std::shared_ptr<const Message> World::through_wire(const Node& from, Message message) {
  const bool bulk = std::holds_alternative<Heartbeat>(message) ||
                    std::holds_alternative<Beat>(message) ||
                    std::holds_alternative<TrafficReport>(message);
  if (bulk && ++bulk_messages_ % kBulkSample != 0) {
    return std::make_shared<const Message>(std::move(message));
  }
  const bool packs = from.agent != nullptr && from.agent->packs(clock_of(from));
  auto decoded = decode(encode(message, packs ? WireForm::kPacked : WireForm::kText));
  if (decoded) return std::make_shared<const Message>(std::move(*decoded));
  violated("wire", "undecodable message: " + decoded.error().message);
  return std::make_shared<const Message>(std::move(message));
}

void World::deliver(const Node& from, const std::string& to,
                    const std::shared_ptr<const Message>& message) {
  if (cut(from.info.name, to)) return;
  const auto& faults = options_.network;
  if (network_rng_.chance(faults.loss)) {
    if (options_.log)
      note(from.info.name, fmt::format("lost to {}: {}", to, message_line(*message)));
    return;
  }
  const int copies = network_rng_.chance(faults.duplicate) ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    auto delay =
        from_seconds(network_rng_.uniform(seconds(faults.delay_min), seconds(faults.delay_max)));
    if (faults.reorder > 0 && network_rng_.chance(faults.reorder))
      delay += from_seconds(network_rng_.uniform(0, seconds(faults.reorder_delay)));
    schedule(now_ + delay, nodes_.at(to), [this, message, &who = from.info.name](Node& n) {
      if (options_.log && !std::holds_alternative<Heartbeat>(*message) &&
          !std::holds_alternative<Beat>(*message)) {
        note(n.info.name, fmt::format("from {}: {}", who, message_line(*message)));
      }
      apply(n, n.agent->on_message(*message, clock_of(n)));
    });
  }
}

void World::check_capacity(const Node& node) {
  Resources used{0, 0};
  for (const auto& [id, replica] : node.replicas) {
    used.cpu_millis += replica.start.model.resources.cpu_millis;
    used.memory_bytes += replica.start.model.resources.memory_bytes;
  }
  if (used.cpu_millis <= node.info.cpu_millis && used.memory_bytes <= node.info.memory_bytes)
    return;
  violated("capacity", fmt::format("node {} runs {}m CPU and {} bytes of {}m and {}",
                                   node.info.name, used.cpu_millis, used.memory_bytes,
                                   node.info.cpu_millis, node.info.memory_bytes));
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
