// Pools of elastic nodes as one agent sees them: which it decides for, and what they go by.
#include <algorithm>
#include <map>
#include <set>

#include "control/agent.h"
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

/// By rendezvous hashing among the nodes that tell the pool's name and know what is wanted.
bool Agent::decides_for_pool(const std::string& pool) const {
  std::vector<std::string> candidates;
  for (const auto& name : membership_.deciding()) {
    const auto& pools = membership_.find(name)->last.pools;
    if (std::any_of(pools.begin(), pools.end(), [&](const auto& p) { return p.name == pool; }))
      candidates.push_back(name);
  }
  return !candidates.empty() &&
         rendezvous_order("pool/" + pool, candidates).front() == ledger_.node().name;
}

void Agent::tick_pools(TimePoint now, Effects& out) {
  if (pools_.empty() || now < pools_at_) return;
  pools_at_ = now + kLook;
  for (auto& [name, pool] : pools_) {
    if (!specs_known_ || !decides_for_pool(name)) {
      pool.resign();
      continue;
    }
    if (!pool.decides())
      out.push_back(Notice{fmt::format("this node now decides for pool {}", name)});
    const PoolSummary before = pool.summary();
    for (auto& effect : pool.on_tick(pool_view(pool), now)) out.push_back(std::move(effect));
    content_due_ = content_due_ || pool.summary() != before;
  }
}

Effects Agent::on_provider(const ProviderAnswer& answer, TimePoint now) {
  const auto pool = pools_.find(answer.asked.pool);
  if (pool == pools_.end() || !pool->second.decides()) return {};
  content_due_ = true;
  return pool->second.on_answer(answer, now);
}

PoolView Agent::pool_view(const NodePool& pool) const {
  PoolView view;
  const auto size_of = [&](const StoredSpec& stored, const ModelSummary& summary) {
    return summary.size ? within(stored.spec.sizing, summary.size->size) : stored.spec.resources;
  };
  const PoolOptions& own = pool.options();
  const double price = price_per_cpu(own.price_per_hour, own.node_size);
  for (const auto& name : membership_.live()) {
    const Heartbeat& last = membership_.find(name)->last;
    if (!last.without_specs && last.scheduling == Scheduling::kOpen) {
      view.rooms.push_back({name, last.node.cloud, last.node.capacity(), last.free, {}});
      for (const auto& replica : last.replicas) {
        if (apart_.contains(replica.model)) view.rooms.back().runs.insert(replica.model);
      }
    }
    for (const auto& summary : last.owned) {
      const StoredSpec* stored = spec_of(summary.model);
      if (stored == nullptr || !owns(name, summary.model)) continue;
      int missing = std::min(summary.wished, kWantsMax);
      for (const ReplicaStatus* replica : membership_.replicas_of(summary.model)) {
        if (replica->state != ReplicaState::kDraining && !membership_.draining(replica->node))
          --missing;
      }
      if (missing > 0) {
        view.wants.push_back({summary.model, size_of(*stored, summary), stored->spec.clouds,
                              missing, apart_from(apart_, summary.model)});
      }
    }
    for (const auto& other : last.pools) {
      if (!other.decides || other.name == own.name) continue;
      const double theirs = price_per_cpu(other.price_per_hour, other.node_size);
      add_coming(other, std::tie(theirs, other.name) < std::tie(price, own.name), view.coming);
    }
    if (!slot_of(own.name, name)) {
      view.others_drain =
          view.others_drain || (last.scheduling == Scheduling::kDraining && !last.replicas.empty());
      continue;
    }
    PoolMember& member = view.members[name];
    member = {last.scheduling, last.incarnation, !last.owned.empty(), {}};
    for (const auto& replica : last.replicas) {
      const StoredSpec* stored = spec_of(replica.model);
      const auto clouds = stored == nullptr ? std::vector<std::string>{} : stored->spec.clouds;
      member.runs.push_back(
          {replica.model, replica.resources, clouds, 1, apart_from(apart_, replica.model)});
    }
  }
  return view;
}

}  // namespace starling
