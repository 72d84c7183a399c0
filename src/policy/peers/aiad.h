// Additive increase, additive decrease on the SLO: the reactive rule of inference servers.
#pragma once

#include "policy/peers/time_window.h"
#include "policy/policy.h"

namespace starling {

struct AiadOptions {
  Duration up_after{30s};     // over the SLO
  Duration down_after{600s};  // within it
};

/// One replica more after the SLO was missed without interruption for `up_after`, one fewer after
/// it was met for `down_after`; both begin anew with each change. An observation has no latencies:
/// by Little's law the mean time in the system is requests in flight / arrivals a second.
class AiadPolicy final : public Policy {
 public:
  explicit AiadPolicy(AiadOptions options = {}) : options_(options) {}

  std::string name() const override { return "aiad"; }
  Allocation decide(const Observation& observation, const Objective& objective) override;

 private:
  AiadOptions options_;
  Lasting over_, within_;
  std::optional<int> target_;
};

}  // namespace starling
