#include "control/pools.h"

#include <algorithm>

#include "control/ownership.h"

namespace starling {
namespace {

constexpr Duration kLook = 1s;
constexpr int kWantsMax = 10'000;  // replicas of a model
constexpr int kComingMax = 1'000;  // nodes of another pool

/// What of another pool is on its way, and what it may still ask for where it goes first.
void add_coming(const PoolSummary& other, bool goes_first, std::vector<PoolRoom>& coming) {
  const int nodes = std::min(kComingMax, other.pending + (goes_first ? other.left : 0));
  coming.insert(coming.end(), static_cast<std::size_t>(nodes),
                {"", other.cloud, other.node_size, other.node_size, {}});
}

double price_per_cpu(double price, const Resources& size) {
  return price / static_cast<double>(std::max<std::int64_t>(1, size.cpu_millis));
}

}  // namespace

Pools::Pools(const Knowledge& known, const std::vector<PoolOptions>& options) : known_(known) {
  for (const auto& pool : options) pools_.emplace(pool.name, NodePool(pool));
}

std::vector<PoolSummary> Pools::summaries() const {
  std::vector<PoolSummary> all;
  for (const auto& [name, pool] : pools_) all.push_back(pool.summary());
  return all;
}

/// By rendezvous hashing among the nodes that tell the pool's name and know what is wanted.
bool Pools::decides_for(const std::string& pool) const {
  std::vector<std::string> candidates;
  for (const auto& name : known_.members.deciding()) {
    const auto& pools = known_.members.find(name)->last.pools;
    if (std::any_of(pools.begin(), pools.end(), [&](const auto& p) { return p.name == pool; }))
      candidates.push_back(name);
  }
  return !candidates.empty() &&
         rendezvous_order("pool/" + pool, candidates).front() == known_.self();
}

bool Pools::on_tick(TimePoint now, Effects& out) {
  if (pools_.empty() || now < look_at_) return false;
  look_at_ = now + kLook;
  bool changed = false;
  for (auto& [name, pool] : pools_) {
    if (!known_.specs.known() || !decides_for(name)) {
      pool.resign();
      continue;
    }
    if (!pool.decides())
      out.push_back(Notice{fmt::format("this node now decides for pool {}", name)});
    const PoolSummary before = pool.summary();
    for (auto& effect : pool.on_tick(view_for(pool), now)) out.push_back(std::move(effect));
    changed = changed || pool.summary() != before;
  }
  return changed;
}

std::optional<Effects> Pools::on_answer(const ProviderAnswer& answer, TimePoint now) {
  const auto pool = pools_.find(answer.asked.pool);
  if (pool == pools_.end() || !pool->second.decides()) return std::nullopt;
  return pool->second.on_answer(answer, now);
}

void Pools::add_room(const Heartbeat& told, PoolView& view) const {
  if (told.without_specs || told.scheduling != Scheduling::kOpen) return;
  view.rooms.push_back({told.node.name, told.node.cloud, told.node.capacity(), told.free, {}});
  for (const auto& replica : told.replicas) {
    if (!known_.specs.apart(replica.model).empty()) view.rooms.back().runs.insert(replica.model);
  }
}

/// What the models that the node decides for want and nobody runs.
void Pools::add_wants(const Heartbeat& told, PoolView& view) const {
  for (const auto& summary : told.owned) {
    const StoredSpec* stored = known_.specs.find(summary.model);
    if (stored == nullptr || !known_.line.owns(told.node.name, summary.model)) continue;
    int missing = std::min(summary.wished, kWantsMax);
    for (const ReplicaStatus* replica : known_.members.replicas_of(summary.model)) {
      if (replica->state != ReplicaState::kDraining && !known_.members.draining(replica->node))
        --missing;
    }
    if (missing <= 0) continue;
    view.wants.push_back({summary.model, size_of(stored->spec, &summary), stored->spec.clouds,
                          missing, known_.specs.apart(summary.model)});
  }
}

void Pools::add_other_pools(const Heartbeat& told, const PoolOptions& own, PoolView& view) const {
  const double price = price_per_cpu(own.price_per_hour, own.node_size);
  for (const auto& other : told.pools) {
    if (!other.decides || other.name == own.name) continue;
    const double theirs = price_per_cpu(other.price_per_hour, other.node_size);
    add_coming(other, std::tie(theirs, other.name) < std::tie(price, own.name), view.coming);
  }
}

PoolMember Pools::member(const Heartbeat& told) const {
  PoolMember member{told.scheduling, told.incarnation, !told.owned.empty(), {}};
  for (const auto& replica : told.replicas) {
    const StoredSpec* stored = known_.specs.find(replica.model);
    const auto clouds = stored == nullptr ? std::vector<std::string>{} : stored->spec.clouds;
    member.runs.push_back(
        {replica.model, replica.resources, clouds, 1, known_.specs.apart(replica.model)});
  }
  return member;
}

PoolView Pools::view_for(const NodePool& pool) const {
  PoolView view;
  const PoolOptions& own = pool.options();
  for (const auto& name : known_.members.live()) {
    const Heartbeat& told = known_.members.find(name)->last;
    add_room(told, view);
    add_wants(told, view);
    add_other_pools(told, own, view);
    if (slot_of(own.name, name)) {
      view.members[name] = member(told);
    } else if (told.scheduling == Scheduling::kDraining && !told.replicas.empty()) {
      view.others_drain = true;
    }
  }
  return view;
}

}  // namespace starling
