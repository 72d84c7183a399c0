// How large one model's replicas are to be, where the spec leaves that to its owner.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "control/decision.h"
#include "control/demand.h"
#include "control/membership.h"
#include "control/service_meter.h"
#include "policy/sizing/vertical_sizer.h"

namespace starling {

/// Where the spec fixes the size, it is the spec's and nothing else here does anything.
class ReplicaSizing {
 public:
  ReplicaSizing(const ModelSpec& spec, TimePoint now) { set_spec(spec, now); }

  /// A size that is decided is kept, as far as the spec still leaves it open.
  void set_spec(const ModelSpec& spec, TimePoint now);
  /// What new replicas are to have.
  Resources size() const;

  /// For the next owner, and from the one before: see VerticalSizer.
  std::optional<SizerRecord> record() const;
  std::optional<DecidedSize> decided_size() const;
  void take_over(const SizerRecord& record);

  /// Takes in what each replica uses, and what the kernel ended for its memory.
  void observe_use(const std::vector<const ReplicaStatus*>& replicas, TimePoint now);
  /// Takes in what requests cost.
  void observe_requests(const ServiceMeter::CpuUse& use);

  /// Puts what the policy is to plan for into an observation: the service time as it will be at the
  /// decided size, and that size.
  void plan(Observation& observation, const ServiceMeter& meter) const;
  /// Decides with the number of replicas, which may become more so that they can be smaller.
  /// `served_cores`: limit of a replica that the service time is of. `steps`: whether the load of
  /// the moment may ask for more CPU.
  void decide(Decision& decision, const Demand& demand, const Membership& members,
              double served_cores, bool steps);
  /// What the fleet should know of the last decision.
  std::optional<SizeSummary> summary(const std::optional<Decision>& last) const;

 private:
  Resources spec_size_;                               // as it is now
  std::optional<VerticalSizer> sizer_;                // none where the spec fixes the size
  std::map<std::string, std::int64_t> memory_kills_;  // replica id → as last told
};

}  // namespace starling
