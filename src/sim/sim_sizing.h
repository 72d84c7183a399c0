// The size of one model's replicas in a simulation, decided as in a live fleet.
#pragma once

#include <vector>

#include "policy/policy.h"
#include "policy/sizing/vertical_sizer.h"
#include "sim/scenario.h"

namespace starling {

/// A live owner's sizer, fed with what simulated replicas use.
class SimSizing {
 public:
  /// `spec` has a sizing that is `auto`, and prices are those of the nodes.
  SimSizing(const ScenarioModel& spec, const std::vector<ScenarioNode>& nodes);

  /// One settled replica's use over the last interval.
  void observe(TimePoint now, double cpu_cores);
  /// What all of them used, and the requests that it was for.
  void observe_requests(double cpu_s, double requests) { sizer_.observe_requests(cpu_s, requests); }
  /// Decides the size and, where smaller replicas must be more first, raises the allocation.
  void decide(const Observation& observation, const Objective& objective, Allocation& allocation);
  /// What a policy may know of it; `ready_cores` is of a ready replica on average.
  std::optional<ObservedSize> observed(double ready_cores) const {
    return sizer_.observed(ready_cores);
  }
  /// As it was decided for the SLO and the price.
  const Resources& decided() const { return sizer_.decided(); }
  /// That replicas are to have now, steps for the moment included.
  const Resources& size() const { return sizer_.size(); }

 private:
  VerticalSizer sizer_;
  SizePrices prices_;
  double memory_use_ = 0;  // bytes
};

}  // namespace starling
