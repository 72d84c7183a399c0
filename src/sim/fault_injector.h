// Carries out a plan's faults in a World, each from its begin to its end.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "sim/fault_workload.h"

namespace starling {

/// Not thread safe; one for each run.
class FaultInjector {
 public:
  /// The plan has no draws left. The world and the workload must outlive the injector.
  FaultInjector(const FaultPlan& plan, World& world, FaultWorkload& workload);

  /// When something next begins or ends; Duration::max() where nothing does any more.
  Duration next_change() const;
  /// Carries out what is due at `now`; the world is at that time.
  void advance(Duration now);

  /// When the last fault has ended; 0 where there is none.
  Duration last_end() const { return last_end_; }
  /// When something was last taken away or given back that replicas or owners depend on: anything
  /// but what happens to single messages.
  Duration disturbed_at() const { return disturbed_at_; }
  /// Nodes where starts may fail at present.
  const std::set<std::string>& failing() const { return failing_; }

 private:
  struct Change {
    Duration at{};
    std::size_t fault = 0;
    bool begins = false;
  };

  void apply_network();
  void apply_links();
  void apply_nodes();
  void apply_runtimes();
  void take_momentary(const Fault& fault);
  std::vector<const Fault*> active(std::initializer_list<FaultKind> kinds) const;
  std::set<std::string> nodes_of(const Fault& fault) const;

  const FaultPlan& plan_;
  World& world_;
  FaultWorkload& workload_;
  std::vector<Change> changes_;  // by time
  std::size_t next_ = 0;
  std::set<std::size_t> active_;  // indices of faults
  Duration last_end_{};
  Duration disturbed_at_{};
  std::set<std::string> failing_;
};

}  // namespace starling
