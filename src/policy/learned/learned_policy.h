// The policy trained by reinforcement learning: the queueing decision, corrected within bounds.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "policy/fading_misses.h"
#include "policy/learned/error_budget.h"
#include "policy/learned/policy_net.h"
#include "policy/predictive.h"

namespace starling {

/// Recurrent: what it remembers of a workload shapes its corrections (learning to reinforcement
/// learn, Duan et al. 2016, Wang et al. 2016). Zero actions make it PredictivePolicy. The reason of
/// a decision names the correction. Put it behind Guards.
class LearnedPolicy final : public Policy {
 public:
  LearnedPolicy(std::shared_ptr<const PolicyNet> net, PredictiveOptions options)
      : net_(std::move(net)), base_(options) {}

  std::string name() const override { return "learned"; }
  Allocation decide(const Observation& observation, const Objective& objective) override;

 private:
  DecisionState state_of(const Observation& observation, const Objective& objective);

  std::shared_ptr<const PolicyNet> net_;
  PredictivePolicy base_;
  std::vector<float> recurrent_state_;
  PolicyAction previous_action_{};
  ErrorBudget budget_;
  FadingMisses misses_{kMissesFading};
  struct Seen {
    TimePoint at{};
    int held = 0;  // replicas, ready and starting
  };
  std::optional<Seen> seen_;  // at the last decision
  std::optional<TimePoint> last_rise_;
};

}  // namespace starling
