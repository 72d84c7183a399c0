// A policy whose every decision also says what a replica more or less is worth.
#pragma once

#include <memory>
#include <utility>

#include "policy/market/valuation.h"
#include "policy/policy.h"

namespace starling {

class ValuedPolicy final : public Policy {
 public:
  ValuedPolicy(std::unique_ptr<Policy> policy, ValuationOptions options)
      : policy_(std::move(policy)), valuer_(std::move(options)) {}

  std::string name() const override { return policy_->name(); }
  Allocation decide(const Observation& observation, const Objective& objective) override {
    Allocation allocation = policy_->decide(observation, objective);
    allocation.values = valuer_.value(observation, objective);
    return allocation;
  }

 private:
  std::unique_ptr<Policy> policy_;
  Valuer valuer_;
};

}  // namespace starling
