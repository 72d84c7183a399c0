// The end of the demo: what the fleet did, what others would have done with the same demand, one
// decision explained.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "apps/lab/demo_account.h"
#include "apps/lab/drive_run.h"
#include "base/result.h"
#include "manifest/model_spec.h"
#include "sim/replay.h"

namespace starling::lab {

struct DemoOutcome {
  std::vector<ModelSpec> specs;  // in the order of `driven` and `drive.models`
  std::vector<DriveModel> driven;
  DriveReport drive;
  std::map<std::string, ModelAccount> accounts;
  std::map<std::string, ServiceTime> services;  // as the owners measured them
  LossAccount loss;
  Duration decision_interval{};
};

/// Whether the fleet survived, and if not, why not, a line a reason.
struct Verdict {
  double failed_share = 0;  // of all requests; those never answered count as failed
  std::vector<std::string> failures;
  bool survived() const { return failures.empty(); }
};
/// The fleet survived if every model answered, at most 0.5 % of the requests failed, and the lost
/// node's models had new owners within 3 s and ready replacements within 10 s and a cold start.
Verdict judge(const DemoOutcome& outcome);

/// One row a model: requests, failures, SLO attainment, latencies, replica-seconds, utilisation,
/// scale actions.
std::string models_summary(const DemoOutcome& outcome);
std::string loss_summary(const LossAccount& loss);

/// The requests that were sent, second by second, as a scenario with the measured service times and
/// cold starts. Every model is measured (`services` has it).
Scenario scenario_of(const DemoOutcome& outcome);
/// Runs it under predictive, hpa and fixed numbers of replicas; one row a policy, and what the
/// fixed numbers are.
Result<std::string> simulated_summary(const DemoOutcome& outcome, const Forecaster& forecaster);

}  // namespace starling::lab
