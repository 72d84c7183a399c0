// Policies by name, with their options: for callers that need more than policy.h's
// make_policy(name).
#pragma once

#include "policy/guards.h"
#include "policy/hpa.h"
#include "policy/market/valuation.h"
#include "policy/policy.h"
#include "policy/predictive.h"

namespace starling {

struct PolicyOptions {
  GuardOptions guards;
  PredictiveOptions predictive;
  HpaOptions hpa;
  ValuationOptions valuation;
};

/// "predictive" comes with its guards around it; "hpa" has the guards of its own rule and "static"
/// none.
Result<std::unique_ptr<Policy>> make_policy(const std::string& name, const PolicyOptions& options);

/// The names that make_policy knows.
const std::vector<std::string>& known_policies();

}  // namespace starling
