// Which node of a pool is not needed, and how it is given back: drained first.
#include <algorithm>
#include <tuple>

#include "control/market.h"
#include "control/node_pool.h"
#include "control/resources.h"

namespace starling {
namespace {

constexpr Duration kMarkAgain = 10s;  // a node that did not take its mark is told again

}  // namespace

/// The pool's nodes that take replicas: those beyond the cap first, then by how many replicas would
/// have to move, the youngest first among equals.
std::vector<std::string> NodePool::by_ease(const PoolView& view) const {
  struct Choice {
    bool within;
    int replicas;
    std::uint64_t age;
    std::string name;
  };
  std::vector<Choice> choices;
  for (const auto& [name, node] : nodes_) {
    if (!node.listed || !node.live || node.returning) continue;
    const PoolMember& member = view.members.at(name);
    if (member.scheduling != Scheduling::kOpen) continue;
    int replicas = 0;
    for (const auto& want : member.runs) replicas += want.count;
    const bool within = slot_of(options_.name, name).value_or(0) <= cap();
    choices.push_back({within, replicas, ~member.incarnation, name});
  }
  std::sort(choices.begin(), choices.end(), [](const Choice& a, const Choice& b) {
    return std::tie(a.within, a.replicas, a.age, a.name) <
           std::tie(b.within, b.replicas, b.age, b.name);
  });
  std::vector<std::string> names;
  for (auto& choice : choices) names.push_back(std::move(choice.name));
  return names;
}

/// A node whose replicas, and all that is wanted besides, fit the others with headroom; or "".
std::string NodePool::spare(const PoolView& view) const {
  constexpr std::size_t kLooksMax = 16;  // those that run the least
  auto names = by_ease(view);
  if (names.size() > kLooksMax) names.resize(kLooksMax);
  for (const auto& name : names) {
    auto rooms = view.rooms;
    std::erase_if(rooms, [&](const PoolRoom& room) { return room.node == name; });
    for (auto& room : rooms) {
      const auto kept = [&](std::int64_t all) {
        return static_cast<std::int64_t>(options_.headroom * static_cast<double>(all));
      };
      room.free =
          difference(room.free, {kept(room.capacity.cpu_millis), kept(room.capacity.memory_bytes)});
    }
    auto wants = view.wants;
    const auto& runs = view.members.at(name).runs;
    // What no node of the pool could hold would count for nothing, and the node never be empty.
    const bool counted = std::all_of(runs.begin(), runs.end(), [&](const PoolWant& run) {
      return may_hold(run.clouds, run.size, options_.cloud, options_.node_size);
    });
    if (!counted) continue;
    wants.insert(wants.end(), runs.begin(), runs.end());
    if (nodes_needed(std::move(wants), std::move(rooms), options_.node_size, options_.cloud) == 0)
      return name;
  }
  return "";
}

void NodePool::drain(const std::string& name, const std::string& why, TimePoint now, Effects& out) {
  Node& node = nodes_.at(name);
  node.returning = true;
  node.marked = now;
  out.push_back(MarkNode{name, Scheduling::kDraining});
  out.push_back(Notice{
      fmt::format("pool {}: node {} is drained and given back: {}", options_.name, name, why)});
}

void NodePool::shrink(const PoolView& view, int needed, TimePoint now, Effects& out) {
  for (auto& [name, node] : nodes_) {
    if (!node.returning || node.draining || !node.live || now < node.marked + kMarkAgain) continue;
    node.marked = now;
    out.push_back(MarkNode{name, Scheduling::kDraining});
  }
  if (staying() > cap()) {
    const auto names = by_ease(view);
    if (!names.empty() && count(&Node::returning) == 0)
      drain(names.front(), fmt::format("there are more than {}", cap()), now, out);
    return;
  }
  if (count(&Node::returning) > 0) return;  // one at a time
  const bool all_here = count(&Node::live) == static_cast<int>(nodes_.size());
  const bool calm = needed == 0 && all_here && !view.others_drain && count(&Node::draining) == 0;
  const std::string name = calm && staying() > options_.min ? spare(view) : "";
  if (name.empty()) return spare_since_.reset();
  if (!spare_since_) spare_since_ = now;
  if (now - *spare_since_ < patience_ * options_.idle) return;
  drain(
      name,
      fmt::format("what it runs has fitted the others for {:.0f} s", seconds(now - *spare_since_)),
      now, out);
}

}  // namespace starling
