// What an agent knows of the fleet, for everybody else in its process.
#pragma once

#include <string>
#include <vector>

#include "control/membership.h"
#include "control/messages.h"
#include "control/ports.h"

namespace starling {

struct ModelView {
  StoredSpec spec;
  std::string owner;
  ModelSummary summary;  // as its owner last told; empty before the first word
  int ready = 0;
  int starting = 0;
  int draining = 0;
};

/// Everything an agent knows of the fleet at one moment: values, safe to hand to other threads.
struct FleetView {
  TimePoint now{};
  std::string self;
  std::vector<Member> members;    // by name, this node included
  std::vector<ModelView> models;  // by name
  bool settled = false;
  std::uint64_t commands_fenced = 0;  // that this node refused because a later owner's was obeyed

  /// Null where there is none of that name.
  const Member* member(const std::string& name) const;
  Member* member(const std::string& name);
  ModelView* model(const std::string& name);
  /// All that run on live members, by node.
  std::vector<const ReplicaStatus*> replicas() const;
  /// What this node runs.
  const std::vector<ReplicaStatus>& own_replicas() const;
};

}  // namespace starling
