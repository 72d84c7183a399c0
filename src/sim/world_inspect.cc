// What a test may ask of the world.
#include <algorithm>

#include "sim/world.h"

namespace starling {

std::vector<std::string> World::node_names() const {
  std::vector<std::string> names;
  for (const auto& [name, node] : nodes_) names.push_back(name);
  return names;
}

bool World::is_up(const std::string& node) const { return nodes_.at(node).agent != nullptr; }

const Agent* World::agent(const std::string& node) const { return nodes_.at(node).agent.get(); }

int World::ready(const std::string& model) const {
  int count = 0;
  for (const auto& [name, node] : nodes_) count += ready_on(name, model);
  return count;
}

int World::ready_on(const std::string& name, const std::string& model) const {
  const Node& node = nodes_.at(name);
  if (node.agent == nullptr) return 0;
  return static_cast<int>(
      std::count_if(node.replicas.begin(), node.replicas.end(), [&](const auto& entry) {
        const RunningReplica& replica = entry.second;
        return replica.start.model.name == model && replica.told && !replica.stop_at;
      }));
}

const World::RunningReplica* World::running(const std::string& id) const {
  for (const auto& [name, node] : nodes_) {
    const auto found = node.replicas.find(id);
    if (node.agent != nullptr && found != node.replicas.end()) return &found->second;
  }
  return nullptr;
}

std::vector<std::string> World::dead_routes(const std::string& node) const {
  std::vector<std::string> dead;
  for (const auto& [model, targets] : nodes_.at(node).routes) {
    for (const auto& target : targets) {
      const RunningReplica* replica = running(target.replica);
      if (replica == nullptr || !replica->told || replica->stop_at) dead.push_back(target.replica);
    }
  }
  return dead;
}

}  // namespace starling
