#include "control/change.h"

#include <algorithm>

namespace starling {
namespace {

constexpr double kFigures = 6000;  // bytes a second as text, of all nodes together
constexpr double kFiguresThatMatter = 4 * kFigures;
constexpr Duration kFiguresPauseMin = 2s;
// About what a change takes as text.
constexpr double kBytes = 120, kBytesAReplica = 150, kBytesAModel = 320;

enum class Difference { kNone, kTurned, kOther };

/// Figures aside where they are not asked for.
Difference difference(ReplicaStatus before, const ReplicaStatus& after, bool figures) {
  if (!figures) {
    before.cpu_cores = after.cpu_cores;
    before.memory_bytes = after.memory_bytes;
  }
  if (before == after) return Difference::kNone;
  before.state = after.state;
  before.address = after.address;
  before.cold_start = after.cold_start;
  return before == after ? Difference::kTurned : Difference::kOther;
}

/// What others act on at once, see change_between().
bool same_terms(const ModelSummary& a, const ModelSummary& b) {
  const auto size = [](const ModelSummary& s) { return s.size ? s.size->size : Resources{}; };
  return a.epoch == b.epoch && size(a) == size(b) && (a.short_by > 0) == (b.short_by > 0);
}

template <typename List, typename Key, typename Keyed>
auto find_by(List& list, const Key& key, const Keyed& keyed) {
  return std::find_if(list.begin(), list.end(),
                      [&](const auto& item) { return keyed(item) == key; });
}

/// Replaces the item of the same key, or puts it in its place by key.
template <typename Item, typename Keyed>
void put(std::vector<Item>& list, const Item& item, const Keyed& keyed) {
  const auto place =
      std::lower_bound(list.begin(), list.end(), item,
                       [&](const Item& a, const Item& b) { return keyed(a) < keyed(b); });
  if (place != list.end() && keyed(*place) == keyed(item)) {
    *place = item;
  } else {
    list.insert(place, item);
  }
}

constexpr auto id_of = [](const ReplicaStatus& r) -> const std::string& { return r.id; };
constexpr auto model_of = [](const ModelSummary& s) -> const std::string& { return s.model; };

}  // namespace

Resources free_by_replicas(const NodeInfo& node, const std::vector<ReplicaStatus>& replicas) {
  // Step by step down to nothing: what comes from the network may add up to more than fits a
  // number.
  const auto less = [](auto& left, auto taken) { left = taken < left ? left - taken : 0; };
  Resources free = node.capacity();
  for (const auto& replica : replicas) {
    less(free.cpu_millis, replica.resources.cpu_millis);
    less(free.memory_bytes, replica.resources.memory_bytes);
    less(free.gpus, replica.resources.gpus);
  }
  return free;
}

Change change_between(const Heartbeat& before, const Heartbeat& after, bool figures, bool brief) {
  Change change;
  change.node = after.node.name;
  change.incarnation = after.incarnation;
  change.sequence = after.sequence;
  change.since = before.content != 0 ? before.content : before.sequence;
  if (!brief || after.free != free_by_replicas(after.node, after.replicas))
    change.free = after.free;
  change.without_specs = after.without_specs;
  change.scheduling = after.scheduling;
  for (const auto& replica : after.replicas) {
    const auto known = find_by(before.replicas, replica.id, id_of);
    const auto what =
        known == before.replicas.end() ? Difference::kOther : difference(*known, replica, figures);
    if (what == Difference::kOther) change.replicas.push_back(replica);
    if (what == Difference::kTurned)
      change.turned.push_back({replica.id, replica.state, replica.address, replica.cold_start});
  }
  for (const auto& replica : before.replicas) {
    if (find_by(after.replicas, replica.id, id_of) == after.replicas.end())
      change.gone.push_back(replica.id);
  }
  for (const auto& summary : after.owned) {
    const auto known = find_by(before.owned, summary.model, model_of);
    const bool same =
        known != before.owned.end() && (figures ? *known == summary : same_terms(*known, summary));
    if (!same) change.owned.push_back(summary);
  }
  for (const auto& summary : before.owned) {
    if (find_by(after.owned, summary.model, model_of) == after.owned.end())
      change.disowned.push_back(summary.model);
  }
  return change;
}

bool says_something(const Change& change, const Heartbeat& before) {
  return !change.replicas.empty() || !change.turned.empty() || !change.gone.empty() ||
         !change.owned.empty() || !change.disowned.empty() ||
         change.without_specs != before.without_specs || change.scheduling != before.scheduling;
}

Duration figures_pause(std::size_t fleet, std::size_t replicas, std::size_t owned, bool matter) {
  const double bytes = kBytes + kBytesAReplica * static_cast<double>(replicas) +
                       kBytesAModel * static_cast<double>(owned);
  const double all = static_cast<double>(fleet) * bytes;
  return std::max(kFiguresPauseMin, from_seconds(all / (matter ? kFiguresThatMatter : kFigures)));
}

void take_in(const Change& change, Heartbeat& heartbeat) {
  heartbeat.sequence = std::max(heartbeat.sequence, change.sequence);
  heartbeat.content = change.sequence;
  heartbeat.without_specs = change.without_specs;
  heartbeat.scheduling = change.scheduling;
  std::erase_if(heartbeat.replicas, [&](const ReplicaStatus& r) {
    return std::find(change.gone.begin(), change.gone.end(), r.id) != change.gone.end();
  });
  for (const auto& replica : change.replicas) put(heartbeat.replicas, replica, id_of);
  for (const auto& turn : change.turned) {
    const auto replica = find_by(heartbeat.replicas, turn.id, id_of);
    if (replica == heartbeat.replicas.end()) continue;
    replica->state = turn.state;
    replica->address = turn.address;
    replica->cold_start = turn.cold_start;
  }
  heartbeat.free = change.free.value_or(free_by_replicas(heartbeat.node, heartbeat.replicas));
  std::erase_if(heartbeat.owned, [&](const ModelSummary& s) {
    return std::find(change.disowned.begin(), change.disowned.end(), s.model) !=
           change.disowned.end();
  });
  for (const auto& summary : change.owned) put(heartbeat.owned, summary, model_of);
}

}  // namespace starling
