// What the world does for its agents: the effects that they return, carried out.
#include <utility>
#include <variant>

#include "control/cells.h"
#include "control/codec.h"
#include "sim/message_line.h"
#include "sim/world.h"

namespace starling {
namespace {

constexpr Duration kStopTakes = 200ms;
constexpr Duration kForecastTakes = 20ms;
constexpr std::uint64_t kBulkSample =
    37;  // a prime, so that no node's messages are always the ones taken

}  // namespace

/// One method an effect, so that a new one does not compile until the world knows it.
struct World::EffectRunner {
  World& world;
  Node& node;

  void operator()(Send& e) const {
    told(e.to, e.message);
    world.deliver(node, e.to, world.through_wire(node, std::move(e.message)));
  }
  void operator()(Broadcast& e) const {
    told("", e.message);
    const auto message = world.through_wire(node, std::move(e.message));
    for (const auto& [name, other] : world.nodes_) {
      if (name != node.info.name) world.deliver(node, name, message);
    }
  }
  void operator()(Tell& e) const {
    told("", e.message);
    const auto message = world.through_wire(node, std::move(e.message));
    for (const auto& [name, other] : world.nodes_) {
      if (name != node.info.name && in_cell(e.path, other.scope))
        world.deliver(node, name, message);
    }
  }
  void operator()(Listen& e) const { node.scope = std::move(e.scope); }
  void operator()(StartReplicaEffect& e) const { world.start_replica(node, e.replica); }
  void operator()(StopReplicaEffect& e) const {
    const auto found = node.replicas.find(e.id);
    if (found != node.replicas.end()) found->second.stop_at = world.now_ + kStopTakes;
  }
  void operator()(ResizeReplicaEffect& e) const {
    const auto found = node.replicas.find(e.id);
    if (found != node.replicas.end()) found->second.start.model.resources = e.resources;
    world.check_capacity(node);
  }
  /// The learner answers a little later, as the real one does.
  void operator()(WantForecast& e) const {
    const HistoryView history{e.series.values, e.series.present, e.series.start, e.series.step, 0};
    auto forecasts = world.forecaster_->forecast({&history, 1}, e.horizon);
    if (!forecasts) {
      world.violated("forecast", fmt::format("of {}: {}", e.model, forecasts.error().message));
      return;
    }
    world.schedule(world.now_ + kForecastTakes, node,
                   [&w = world, model = e.model, f = forecasts->front()](Node& n) {
                     w.apply(n, n.agent->on_forecast(model, f, w.clock_of(n)));
                   });
  }
  void operator()(Decided& e) const {
    const auto& d = e.decision;
    world.note(node.info.name, fmt::format("decides {} {} -> {} ({})", d.model, d.current,
                                           d.allocation.replicas, outcome_of(d)));
  }
  void operator()(TenderSettled& e) const {
    world.note(node.info.name, fmt::format("has settled {}: {}", e.model, outcome_of(e)));
  }
  void operator()(PlacementChanged& e) const {
    if (world.watcher_ != nullptr && !e.owner.empty())
      world.watcher_->on_obeyed(node.info.name, *node.agent, e, world.since_start());
  }
  void operator()(SetRoutes& e) const { node.routes = std::move(e.routes); }
  void operator()(AskProvider& e) const { world.provide(node, e); }
  void operator()(MarkNode& e) const { world.mark_later(e); }
  void operator()(Notice& e) const { world.note(node.info.name, e.text); }
  void operator()(TakeFilm&) const {}  // nobody learns here

  void told(const std::string& to, const Message& message) const {
    if (world.watcher_ != nullptr) world.watcher_->on_sent(node.info.name, to, message);
  }
};

void World::apply(Node& node, Effects effects) {
  for (auto& effect : effects) std::visit(EffectRunner{*this, node}, effect);
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

}  // namespace starling
