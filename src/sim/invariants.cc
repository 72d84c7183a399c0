#include "sim/invariants.h"

#include <algorithm>
#include <numeric>

#include "base/units.h"
#include "control/resources.h"

namespace starling {
namespace {

/// The most that a replica of the model may take.
Resources largest(const ModelSpec& model) {
  return model.sizing.mode == SizingMode::kAuto ? model.sizing.max : model.resources;
}

}  // namespace

Invariants::Invariants(const FaultPlan& plan, const World& world, const FaultWorkload& workload,
                       const FaultInjector& injector)
    : plan_(plan), world_(world), workload_(workload), injector_(injector) {}

void Invariants::broke(const std::string& invariant, Duration at, std::string detail) {
  broken_.push_back({invariant, at, std::move(detail)});
}

void Invariants::on_start(const std::string& node, const ReplicaStart& replica, Duration at) {
  ++starts_;
  auto& recent = recent_starts_[replica.model.name];
  recent.push_back(at);
  while (recent.front() + 60s <= at) recent.pop_front();
  if (static_cast<int>(recent.size()) <= plan_.bounds.starts_per_minute) return;
  broke("start-rate", at,
        fmt::format("{} replicas of {} were started in a minute, the last on {}; at most {} may be",
                    recent.size(), replica.model.name, node, plan_.bounds.starts_per_minute));
}

void Invariants::on_obeyed(const std::string& node, const Agent& agent,
                           const PlacementChanged& change, Duration at) {
  const std::string& model = change.replica.model;
  const auto& view = agent.ranked(model);
  if (view.empty() || view.front() != change.owner) {
    broke("ownership", at,
          fmt::format("{} obeys {} ({} {}), which is not the owner that it sees: {}", node,
                      change.owner, name_of(change.event), change.replica.id,
                      view.empty() ? "none" : view.front()));
  }
  check_epoch(node, agent, change, at);
}

void Invariants::check_epoch(const std::string& node, const Agent& agent,
                             const PlacementChanged& change, Duration at) {
  const std::string& model = change.replica.model;
  const auto& first = owners_.try_emplace({model, change.epoch}, change.owner).first->second;
  if (first != change.owner || change.epoch == 0) {
    broke("ownership", at,
          fmt::format("{} obeys {} for {} in epoch {}, which is {}", node, change.owner, model,
                      epoch_text(change.epoch), change.epoch == 0 ? "none" : "of " + first));
  }
  const Epochs::Record* record = agent.epochs().find(model);
  const Obeyed now{change.owner, change.epoch, agent.membership().find(node)->last.incarnation,
                   record == nullptr ? 0 : record->since};
  Obeyed& last = obeyed_[{node, model}];
  const bool remembers = last.life == now.life && last.since == now.since;
  if (last.life == now.life && !remembers && !workload_.was_deleted(model)) {
    broke("ownership", at, fmt::format("{} forgot the epochs of {}", node, model));
  }
  if (remembers && now.epoch < last.epoch) {
    broke("ownership", at,
          fmt::format("{} obeys {} for {} in epoch {}, after {} in epoch {}", node, change.owner,
                      model, epoch_text(now.epoch), last.owner, epoch_text(last.epoch)));
  }
  last = now;
}

/// Nodes that are up and not frozen, by who talks to whom both ways. Where that is not the same for
/// all of a group, or messages pass one way between groups, nobody can say what is reachable: then
/// all nodes are one group.
std::vector<Invariants::Group> Invariants::groups() const {
  Group all;
  for (const auto& name : world_.node_names()) {
    if (world_.is_up(name) && !world_.is_frozen(name)) all.push_back(name);
  }
  std::vector<Group> groups;
  for (const auto& node : all) {
    const auto at = std::find_if(groups.begin(), groups.end(),
                                 [&](const Group& g) { return world_.talk(g.front(), node); });
    if (at == groups.end()) {
      groups.push_back({node});
    } else {
      at->push_back(node);
    }
  }
  const auto group_of = [&](const std::string& node) {
    return std::find_if(groups.begin(), groups.end(), [&](const Group& g) {
      return std::find(g.begin(), g.end(), node) != g.end();
    });
  };
  for (const auto& one : all) {
    for (const auto& other : all) {
      if (one == other) continue;
      const bool together = group_of(one) == group_of(other);
      if (together != world_.talk(one, other) || (!together && !world_.deaf(one, other)))
        return {all};
    }
  }
  return groups;
}

/// Whether the minimums of all models find room, the largest first, each on the first node that has
/// it.
bool Invariants::holds_minimums(const Group& group) const {
  std::vector<Resources> room;
  for (const auto& node : group) {
    if (!world_.is_up(node)) continue;
    if (injector_.failing().contains(node) || unlike_specs(node) || !bids(node)) continue;
    const NodeInfo& info = world_.info(node);
    room.push_back({info.cpu_millis, info.memory_bytes, info.gpus});
  }
  std::vector<Resources> wanted;
  for (const auto& model : workload_.models())
    wanted.insert(wanted.end(), static_cast<std::size_t>(model.replicas.min), largest(model));
  std::sort(wanted.begin(), wanted.end(), [](const Resources& a, const Resources& b) {
    return std::pair(a.cpu_millis, a.memory_bytes) > std::pair(b.cpu_millis, b.memory_bytes);
  });
  for (const Resources& one : wanted) {
    const auto at =
        std::find_if(room.begin(), room.end(), [&](const Resources& r) { return fits(one, r); });
    if (at == room.end()) return false;
    *at = difference(*at, one);
  }
  return true;
}

void Invariants::check_minimum(Duration now) {
  if (now < plan_.warm_up) return;  // a fleet that has just begun has nothing yet
  std::map<std::pair<std::string, std::string>, Duration> below;
  for (const Group& group : groups()) {
    if (group.empty() || !holds_minimums(group)) continue;
    for (const auto& model : workload_.models()) {
      const int ready = std::accumulate(
          group.begin(), group.end(), 0,
          [&](int sum, const auto& node) { return sum + world_.ready_on(node, model.name); });
      if (ready >= model.replicas.min) continue;
      const std::pair key(group.front(), model.name);
      const auto before = below_.find(key);
      const Duration since =
          std::max(before == below_.end() ? now : before->second, injector_.disturbed_at());
      below[key] = since;
      if (now - since < plan_.bounds.minimum_within) continue;
      broke("minimum", now,
            fmt::format("{} has {} ready replicas of at least {} on {} of {} nodes (from {}) since "
                        "{:.1f} s",
                        model.name, ready, model.replicas.min, group.size(),
                        world_.node_names().size(), group.front(), seconds(since)));
    }
  }
  below_ = std::move(below);
}

void Invariants::check(Duration now, bool calm) {
  const auto& seen = world_.violations();
  broken_.insert(broken_.end(), seen.begin() + static_cast<std::ptrdiff_t>(world_violations_),
                 seen.end());
  world_violations_ = seen.size();
  check_minimum(now);
  if (!calm) return;
  note_wanted();
  if (unrest() || unlike_specs()) {
    rested_at_.reset();
  } else if (!rested_at_) {
    rested_at_ = now;
  }
}

void Invariants::check_converged(Duration now) {
  if (const auto unlike = unlike_specs()) broke("specs", now, *unlike);
  if (const auto restless = unrest()) broke("convergence", now, *restless);
  for (const auto& model : workload_.models()) {
    if (had_wanted_.contains(model.name)) continue;
    const std::string owner = agreed_owner(model.name);
    const ModelOwner* deciding =
        owner.empty() ? nullptr : world_.agent(owner)->owner_of(model.name);
    const int wanted = deciding != nullptr && deciding->last_decision()
                           ? deciding->last_decision()->allocation.replicas
                           : 0;
    broke(
        "convergence", now,
        fmt::format("{} never had as many ready replicas as its owner wanted: {} of {} at the end",
                    model.name, world_.ready(model.name), wanted));
  }
}

std::optional<std::string> Invariants::unlike_specs(const std::string& node) const {
  const auto& held = world_.agent(node)->specs();
  if (held.size() != workload_.models().size())
    return fmt::format("{} knows {} models, {} were acknowledged", node, held.size(),
                       workload_.models().size());
  for (const auto& model : workload_.models()) {
    const auto found = held.find(model.name);
    if (found == held.end() || found->second.spec != model)
      return fmt::format("{} goes by another spec of {} than the one last acknowledged", node,
                         model.name);
  }
  return std::nullopt;
}

std::optional<std::string> Invariants::unlike_specs() const {
  for (const auto& node : world_.node_names()) {
    if (!world_.is_up(node)) continue;
    if (auto unlike = unlike_specs(node)) return unlike;
  }
  return std::nullopt;
}

/// Every model's owner, as every live agent sees it; empty when they disagree.
std::string Invariants::agreed_owner(const std::string& model) const {
  std::string owner;
  for (const auto& node : world_.node_names()) {
    if (!world_.is_up(node)) continue;
    const auto& ranks = world_.agent(node)->ranked(model);
    if (ranks.empty() || (!owner.empty() && owner != ranks.front())) return "";
    owner = ranks.front();
  }
  return owner;
}

std::optional<std::string> Invariants::unrest_of(const ModelSpec& model) const {
  const std::string owner = agreed_owner(model.name);
  if (owner.empty()) return fmt::format("agents disagree on the owner of {}", model.name);
  if (!world_.is_up(owner) || world_.agent(owner)->owner_of(model.name) == nullptr)
    return fmt::format("{} is the owner of {} and does not decide for it", owner, model.name);
  const int ready = world_.ready(model.name);
  const ReplicaLimits& limits = model.replicas;
  // Whoever takes another's place serves before that one goes.
  const int beside = world_.agent(owner)->owner_of(model.name)->moving() ? 1 : 0;
  if (ready > limits.max + beside)
    return fmt::format("{} has {} ready replicas, at most {} may be", model.name, ready,
                       limits.max);
  if (ready < limits.min && holds_minimums(world_.node_names()))
    return fmt::format("{} has {} ready replicas, at least {} must be", model.name, ready,
                       limits.min);
  return std::nullopt;
}

std::optional<std::string> Invariants::unrest() const {
  std::set<std::string> kept;
  for (const auto& model : workload_.models()) {
    kept.insert(model.name);
    if (auto why = unrest_of(model)) return why;
  }
  for (const auto& name : workload_.names()) {
    if (!kept.contains(name) && world_.ready(name) > 0)
      return fmt::format("{} was deleted and still has {} replicas", name, world_.ready(name));
  }
  if (auto why = undrained()) return why;
  for (const auto& node : world_.node_names()) {
    if (!world_.is_up(node)) continue;
    const auto dead = world_.dead_routes(node);
    if (!dead.empty())
      return fmt::format("{} sends requests to {}, which is not there", node, dead.front());
  }
  return std::nullopt;
}

/// What a draining node still runs, or decides for, that another could take over.
std::optional<std::string> Invariants::undrained() const {
  for (const auto& node : world_.node_names()) {
    if (!world_.is_up(node) || world_.agent(node)->scheduling() != Scheduling::kDraining) continue;
    for (const auto& model : workload_.models()) {
      const int left = world_.ready_on(node, model.name);
      if (left > 0 && has_room(model))
        return fmt::format("{} is draining and still runs {} of {}", node, left, model.name);
      if (agreed_owner(model.name) != node) continue;
      const auto nodes = world_.node_names();
      if (std::any_of(nodes.begin(), nodes.end(), [&](const auto& other) { return bids(other); }))
        return fmt::format("{} is draining and still decides for {}", node, model.name);
    }
  }
  return std::nullopt;
}

bool Invariants::bids(const std::string& node) const {
  return world_.is_up(node) && world_.agent(node)->scheduling() == Scheduling::kOpen;
}

bool Invariants::has_room(const ModelSpec& model) const {
  const auto nodes = world_.node_names();
  return std::any_of(nodes.begin(), nodes.end(), [&](const auto& node) {
    return bids(node) && fits(largest(model), world_.agent(node)->ledger().free());
  });
}

/// Demand goes on while the fleet recovers, so it is enough that a model once had what was wanted,
/// or all that there is room for.
void Invariants::note_wanted() {
  for (const auto& model : workload_.models()) {
    const std::string owner = agreed_owner(model.name);
    if (owner.empty() || !world_.is_up(owner)) continue;
    const ModelOwner* deciding = world_.agent(owner)->owner_of(model.name);
    if (deciding == nullptr || !deciding->last_decision()) continue;
    const int wanted = deciding->last_decision()->allocation.replicas;
    const int ready = world_.ready(model.name);
    if (ready == wanted || (ready < wanted && !has_room(model))) had_wanted_.insert(model.name);
  }
}

}  // namespace starling
