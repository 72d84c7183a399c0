// Policies compared at one SLO attainment: each tuned until it attains what another does.
#pragma once

#include <functional>
#include <string>

#include "policy/knob.h"
#include "sim/replay_summary.h"

namespace starling {

/// What replay_at_equal_slo() settled on.
struct EqualSlo {
  double value = 0;  // of the knob
  ReplayRuns runs;   // a seed each, named "hpa@0.63"
};

/// The SLO attainment of a policy's runs, in the mean.
double mean_attainment(const ReplayRuns& runs);

/// Halves the knob's range until the policy's attainment, in the mean over `seeds` seeds from
/// `first_seed` on, is as near to `attainment` as eight settings bring it, or tries eight evenly
/// spaced ones where the safest does not attain it: the cheapest setting found that attains it, or
/// the one that attains most if none does. Errors: a policy without a knob, those of replay.
Result<EqualSlo> replay_at_equal_slo(const Scenario& scenario, const std::string& policy,
                                     double attainment, const Forecaster* forecaster,
                                     std::uint64_t first_seed, int seeds,
                                     PolicyOptions options = {},
                                     const std::function<void(double share)>& progress = {});

}  // namespace starling
