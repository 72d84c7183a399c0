// What a policy that begins anew may read of its model's past.
#pragma once

#include "control/demand.h"
#include "policy/policy.h"

namespace starling {

/// A look at a demand, which must outlive it, at one moment.
class PastDemand final : public PastArrivals {
 public:
  PastDemand(const Demand& demand, TimePoint now) : demand_(demand), now_(now) {}

  Rates rates(Duration step, Duration reach) const override;

 private:
  const Demand& demand_;
  TimePoint now_;
};

}  // namespace starling
