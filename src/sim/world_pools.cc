// The world as a provider of elastic nodes, with a machine for each name that a pool may use.
#include <algorithm>

#include "sim/world.h"

namespace starling {
namespace {

constexpr Duration kAnswer = 200ms;  // a provider's
constexpr Duration kMark = 20ms;     // for a node to be told that it drains

}  // namespace

void World::add_pool_nodes() {
  for (const auto& pool : options_.agent.pools) {
    for (int i = 1; i <= pool.max; ++i) {
      NodeInfo info;
      info.name = fmt::format("{}-{}", pool.name, i);
      info.cloud = info.region = pool.cloud;
      info.zone = std::string{"a"};  // GCC 12 warns, falsely, of the text alone
      info.cpu_millis = pool.node_size.cpu_millis;
      info.memory_bytes = pool.node_size.memory_bytes;
      info.gpus = pool.node_size.gpus;
      nodes_[info.name].info = info;
    }
  }
}

/// A pool's own nodes decide for none.
AgentOptions World::agent_options(const Node& node) const {
  AgentOptions options = options_.agent;
  const auto is_of = [&](const PoolOptions& pool) {
    return slot_of(pool.name, node.info.name).has_value();
  };
  if (std::any_of(options.pools.begin(), options.pools.end(), is_of)) options.pools.clear();
  return options;
}

void World::provide(Node& node, const AskProvider& question) {
  note(node.info.name, fmt::format("asks the provider of {}: {} {}", question.pool,
                                   name_of(question.action), question.node));
  ProviderAnswer answer{question, {}, ""};
  if (question.action == ProviderAction::kList) {
    for (const auto& [name, other] : nodes_) {
      if (other.agent != nullptr && slot_of(question.pool, name)) answer.nodes.push_back(name);
    }
  } else if (question.action == ProviderAction::kCreate) {
    Node& made = nodes_.at(question.node);
    made.scheduling = Scheduling::kOpen;
    if (made.agent == nullptr) boot(made);
  } else {
    crash(question.node);
  }
  schedule(now_ + kAnswer, node, [this, answer = std::move(answer)](Node& n) {
    apply(n, n.agent->on_provider(answer, clock_of(n)));
  });
}

void World::mark_later(const MarkNode& mark) {
  schedule(now_ + kMark, nodes_.at(mark.node),
           [this, mark](Node& n) { set_scheduling(n.info.name, mark.scheduling); });
}

}  // namespace starling
