#include "sim/sim_sizing.h"

#include <algorithm>

namespace starling {
namespace {

/// What a core and a GiB cost in the mean over the nodes.
SizePrices prices_of(const std::vector<ScenarioNode>& nodes) {
  SizePrices mean{0, 0};
  const auto count = static_cast<double>(nodes.size());
  for (const auto& node : nodes) {
    mean.core_hour += node.price_per_cpu_hour / count;
    mean.gib_hour += node.price_per_gib_hour / count;
  }
  // Where all is free, the smaller one is the cheaper all the same.
  return mean.core_hour > 0 ? mean : SizePrices{};
}

}  // namespace

SimSizing::SimSizing(const ScenarioModel& spec, const std::vector<ScenarioNode>& nodes)
    : sizer_(spec.sizing, spec.resources),
      prices_(prices_of(nodes)),
      memory_use_(static_cast<double>(spec.memory_use_bytes > 0 ? spec.memory_use_bytes
                                                                : spec.resources.memory_bytes)) {
  // Those that run already are kept for a period, as by a new owner.
  if (spec.initial > 0) sizer_.adopt({spec.resources}, TimePoint{});
}

void SimSizing::observe(TimePoint now, double cpu_cores) {
  sizer_.observe({now, cpu_cores, memory_use_});
}

void SimSizing::decide(const Observation& observation, const Objective& objective,
                       Allocation& allocation) {
  SizeInputs inputs = inputs_of(observation, objective, allocation);
  inputs.cpu_millis_ready = sizer_.decided().cpu_millis;  // as the observed service is
  inputs.prices = prices_;
  add_to(allocation, sizer_.decide(inputs), objective.max);
}

}  // namespace starling
