// The bound that nobody can beat: knows the demand to come.
#pragma once

#include <vector>

#include "policy/policy.h"

namespace starling {

/// What the queueing model recommends for the demand that will come, started a cold start ahead. A
/// replica that is needed again before a start and a release would pay is kept: valleys no longer
/// than cold start + release are filled. It does not know which instants requests come at.
class OraclePolicy final : public Policy {
 public:
  /// Mean requests per second from TimePoint{} on, at `step` each.
  OraclePolicy(std::vector<double> rates, Duration step) : rates_(std::move(rates)), step_(step) {}

  std::string name() const override { return "oracle"; }
  Allocation decide(const Observation& observation, const Objective& objective) override;

 private:
  void plan(const Observation& observation, const Objective& objective);

  std::vector<double> rates_;
  Duration step_;
  std::vector<int> plan_;  // replicas needed in each step, valleys filled
};

}  // namespace starling
