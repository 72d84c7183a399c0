#include "sim/world.h"

#include <algorithm>

#include "control/codec.h"
#include "control/ownership.h"
#include "forecast/baselines.h"

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

std::string describe(const Message& message) {
  struct Namer {
    std::string operator()(const Heartbeat& m) const {
      return fmt::format("heartbeat {}", m.sequence);
    }
    std::string operator()(const TrafficReport& m) const {
      return fmt::format("traffic {}", m.samples.size());
    }
    std::string operator()(const BidRequest& m) const {
      return fmt::format("bid-request {} x{}", m.request, m.count);
    }
    std::string operator()(const Bid& m) const {
      return fmt::format("bid {} x{}", m.request, m.count);
    }
    std::string operator()(const Award& m) const {
      return fmt::format("award {} x{}", m.request, m.count);
    }
    std::string operator()(const AwardReply& m) const {
      return fmt::format("award-reply {} x{} {}", m.request, m.started.size(), m.refusal);
    }
    std::string operator()(const StopReplica& m) const { return fmt::format("stop {}", m.replica); }
    std::string operator()(const PurchaseOffer& m) const {
      return fmt::format("offer {} to {} x{}", m.request, m.seller, m.gains.size());
    }
    std::string operator()(const PurchaseReply& m) const {
      return fmt::format("purchase {} x{} {}", m.request, m.sold, m.refusal);
    }
  };
  return std::visit(Namer{}, message);
}

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
}

void World::schedule(TimePoint at, Node& node, std::function<void(Node&)> run) {
  events_.push_back({at, order_++, &node, node.incarnation, std::move(run)});
  std::push_heap(events_.begin(), events_.end(), std::greater<>());
}

void World::note(const std::string& node, const std::string& what) {
  log_ += fmt::format("{:.6f} {} {}\n", seconds(now_ - start_), node, what);
}

bool World::has_quorum(const Node& node) const {
  const bool side = side_.contains(node.info.name);
  const auto reached = std::count_if(nodes_.begin(), nodes_.end(), [&](const auto& other) {
    return other.second.agent != nullptr && side_.contains(other.first) == side;
  });
  return 2 * static_cast<std::size_t>(reached) > nodes_.size();
}

void World::look_at_specs(Node& node) {
  if (node.specs_seen == spec_revision_ || !has_quorum(node)) return;
  node.specs_seen = spec_revision_;
  note(node.info.name, fmt::format("reads specs, revision {}", spec_revision_));
  std::vector<StoredSpec> specs;
  for (const auto& model : options_.models) specs.push_back({model, spec_revision_});
  apply(node, node.agent->on_specs(std::move(specs), now_));
}

void World::look_regularly(Node& node) {
  look_at_specs(node);
  schedule(now_ + kSpecLook, node, [this](Node& n) { look_regularly(n); });
}

void World::boot(Node& node) {
  ++node.incarnation;
  node.agent = std::make_unique<Agent>(node.info, node.incarnation, now_, options_.agent);
  note(node.info.name, "boot");
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
  apply(node, node.agent->on_tick(now_));
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
    apply(node, node.agent->on_replica_event(event, now_));
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
  apply(node,
        node.agent->on_traffic(traffic, std::chrono::floor<std::chrono::seconds>(now_) - 1s, now_));
  schedule(now_ + 1s, node, [this](Node& n) { report_traffic(n); });
}

void World::apply(Node& node, Effects effects) {
  for (auto& effect : effects) {
    if (auto* send = std::get_if<Send>(&effect)) {
      deliver(node, send->to, through_wire(std::move(send->message)));
    } else if (auto* broadcast = std::get_if<Broadcast>(&effect)) {
      const auto message = through_wire(std::move(broadcast->message));
      for (const auto& [name, other] : nodes_) {
        if (name != node.info.name) deliver(node, name, message);
      }
    } else if (auto* start = std::get_if<StartReplicaEffect>(&effect)) {
      const auto cold = from_seconds(
          runtime_rng_.uniform(seconds(options_.cold_start_min), seconds(options_.cold_start_max)));
      node.replicas[start->replica.id] = {
          start->replica, now_ + cold, now_, runtime_rng_.chance(options_.start_failure),
          false,          std::nullopt};
      note(node.info.name, "start " + start->replica.id);
      check_capacity(node);
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
        apply(n, n.agent->on_forecast(model, f, now_));
      });
    } else if (auto* decided = std::get_if<Decided>(&effect)) {
      const auto& d = decided->decision;
      note(node.info.name, fmt::format("decides {} {} -> {} ({})", d.model, d.current,
                                       d.allocation.replicas, d.outcome));
    } else if (auto* tender = std::get_if<TenderSettled>(&effect)) {
      note(node.info.name, fmt::format("has settled {}: {}", tender->model, tender->outcome));
    } else if (auto* notice = std::get_if<Notice>(&effect)) {
      note(node.info.name, notice->text);
    }
  }
}

std::shared_ptr<const Message> World::through_wire(Message message) {
  const bool bulk =
      std::holds_alternative<Heartbeat>(message) || std::holds_alternative<TrafficReport>(message);
  if (bulk && ++bulk_messages_ % kBulkSample != 0) {
    return std::make_shared<const Message>(std::move(message));
  }
  auto decoded = decode(encode(message));
  if (decoded) return std::make_shared<const Message>(std::move(*decoded));
  violations_.push_back("undecodable message: " + decoded.error().message);
  return std::make_shared<const Message>(std::move(message));
}

void World::deliver(const Node& from, const std::string& to,
                    const std::shared_ptr<const Message>& message) {
  if (side_.contains(from.info.name) != side_.contains(to)) return;
  const auto& faults = options_.network;
  if (network_rng_.chance(faults.loss)) {
    note(from.info.name, fmt::format("lost to {}: {}", to, describe(*message)));
    return;
  }
  const int copies = network_rng_.chance(faults.duplicate) ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    const auto delay =
        from_seconds(network_rng_.uniform(seconds(faults.delay_min), seconds(faults.delay_max)));
    schedule(now_ + delay, nodes_.at(to), [this, message, &who = from.info.name](Node& n) {
      if (!std::holds_alternative<Heartbeat>(*message)) {
        note(n.info.name, fmt::format("from {}: {}", who, describe(*message)));
      }
      apply(n, n.agent->on_message(*message, now_));
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
  violations_.push_back(fmt::format("{:.3f} s: node {} runs {}m CPU and {} bytes of {}m and {}",
                                    seconds(now_ - start_), node.info.name, used.cpu_millis,
                                    used.memory_bytes, node.info.cpu_millis,
                                    node.info.memory_bytes));
}

void World::run_for(Duration span) {
  const TimePoint end = now_ + span;
  while (!events_.empty() && events_.front().at <= end) {
    std::pop_heap(events_.begin(), events_.end(), std::greater<>());
    const Event event = std::move(events_.back());
    events_.pop_back();
    now_ = event.at;
    Node& node = *event.node;
    if (node.agent != nullptr && node.incarnation == event.incarnation) event.run(node);
  }
  now_ = end;
}

void World::crash(const std::string& name) {
  Node& node = nodes_.at(name);
  node.agent.reset();
  node.replicas.clear();
  note(name, "crash");
}

void World::restart(const std::string& name) {
  Node& node = nodes_.at(name);
  if (node.agent == nullptr) boot(node);
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

std::vector<std::string> World::node_names() const {
  std::vector<std::string> names;
  for (const auto& [name, node] : nodes_) names.push_back(name);
  return names;
}

bool World::is_up(const std::string& node) const { return nodes_.at(node).agent != nullptr; }

const Agent* World::agent(const std::string& node) const { return nodes_.at(node).agent.get(); }

int World::ready(const std::string& model) const {
  int count = 0;
  for (const auto& [name, node] : nodes_) {
    if (node.agent == nullptr) continue;
    for (const auto& [id, replica] : node.replicas) {
      count += replica.start.model.name == model && replica.told && !replica.stop_at;
    }
  }
  return count;
}

}  // namespace starling
