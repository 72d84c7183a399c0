// The one knob that a policy is tuned by.
#pragma once

#include "policy/make_policy.h"

namespace starling {

/// A target of utilisation or load, or what a replica is worth; the range is what tuning looks at,
/// in the order in which attainment falls.
struct Knob {
  double safest = 0;    // attains most
  double cheapest = 0;  // attains least
  void (*set)(PolicyOptions& options, double value) = nullptr;
};

/// Null for a policy without one, and for one that is named with its target ("hpa@0.5").
const Knob* knob_of(const std::string& policy);

/// The names of those that have one.
std::vector<std::string> policies_with_knobs();

}  // namespace starling
