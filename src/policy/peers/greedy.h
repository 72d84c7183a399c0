// A greedy sharer on point forecasts: the plain comparison for a capacity that is scarce.
#pragma once

#include "policy/policy.h"

namespace starling {

struct GreedyOptions {
  double utilization = 0.7;  // that replicas are planned for
};

/// Each decision wishes what the forecast's median asks for and nothing besides: replicas =
/// ⌈mean rate over cold start and one interval · service time / (concurrency · utilization)⌉,
/// without a forecast from the last interval's rate. No quantile, no queueing model, no memory: a
/// point forecast is taken for the truth, and a switch for free. Where the wishes of all models
/// exceed the capacity the one with the most load per replica is granted the next one (the
/// simulator's rule for policies that do not value replicas), so replicas follow the present
/// deficits, whatever moving them costs. A textbook rule, of no one source. From zero the first
/// replica comes with the first request.
class GreedyPolicy final : public Policy {
 public:
  explicit GreedyPolicy(GreedyOptions options = {}) : options_(options) {}

  std::string name() const override { return "greedy"; }
  Allocation decide(const Observation& observation, const Objective& objective) override;

 private:
  GreedyOptions options_;
};

}  // namespace starling
