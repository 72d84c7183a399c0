// A fixed number of replicas: the elementary baseline.
#pragma once

#include "policy/policy.h"

namespace starling {

class StaticPolicy final : public Policy {
 public:
  /// Without a number: the objective's minimum.
  explicit StaticPolicy(std::optional<int> replicas = std::nullopt, std::string name = "static")
      : replicas_(replicas), name_(std::move(name)) {}

  std::string name() const override { return name_; }
  Allocation decide(const Observation& observation, const Objective& objective) override;

 private:
  std::optional<int> replicas_;
  std::string name_;
};

}  // namespace starling
