// Policies by name, with their options.
#pragma once

#include "policy/guards.h"
#include "policy/hpa.h"
#include "policy/learned/policy_net.h"
#include "policy/market/valuation.h"
#include "policy/peers/aiad.h"
#include "policy/peers/greedy.h"
#include "policy/peers/kpa.h"
#include "policy/peers/ray_serve.h"
#include "policy/peers/skewness.h"
#include "policy/peers/skyserve.h"
#include "policy/peers/threshold.h"
#include "policy/policy.h"
#include "policy/predictive.h"

namespace starling {

struct PolicyOptions {
  GuardOptions guards;
  PredictiveOptions predictive;
  std::shared_ptr<const PolicyNet> learned;  // null: the shipped weights
  HpaOptions hpa;
  ValuationOptions valuation;
  KpaOptions kpa;
  RayServeOptions ray_serve;
  SkyServeOptions skyserve;
  ThresholdOptions threshold;
  AiadOptions aiad;
  SkewnessOptions skewness;
  GreedyOptions greedy;
};

/// "predictive" and "learned" come with their guards around it; the peers have what their own rules
/// say and "static" nothing. A name may have a target of its own: "hpa@0.5"
/// (manifest/policy_choice.h). Errors: an unknown name, with those that there are; a target that
/// cannot be.
Result<std::unique_ptr<Policy>> make_policy(const std::string& name,
                                            const PolicyOptions& options = {});

/// The names that make_policy knows.
const std::vector<std::string>& known_policies();

}  // namespace starling
