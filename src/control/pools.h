// Pools of elastic nodes as one agent sees them: which it decides for, and what they go by.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/effects.h"
#include "control/knowledge.h"
#include "control/node_pool.h"

namespace starling {

class Pools {
 public:
  Pools(const Knowledge& known, const std::vector<PoolOptions>& options);

  /// Looks at them once a second. Returns whether what they tell of themselves has changed.
  bool on_tick(TimePoint now, Effects& out);
  /// What became of an AskProvider; nothing of a pool that is decided for elsewhere by now.
  std::optional<Effects> on_answer(const ProviderAnswer& answer, TimePoint now);
  /// What heartbeats tell of them.
  std::vector<PoolSummary> summaries() const;

 private:
  bool decides_for(const std::string& pool) const;
  PoolView view_for(const NodePool& pool) const;
  void add_room(const Heartbeat& told, PoolView& view) const;
  void add_wants(const Heartbeat& told, PoolView& view) const;
  void add_other_pools(const Heartbeat& told, const PoolOptions& own, PoolView& view) const;
  PoolMember member(const Heartbeat& told) const;

  const Knowledge& known_;
  std::map<std::string, NodePool> pools_;
  TimePoint look_at_{};
};

}  // namespace starling
