// The end of the demo: what the fleet did, what others would have done with the same demand, one
// decision explained.
#pragma once

#include <string>
#include <vector>

#include "apps/lab/demo_watch.h"
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
  int replicas_max = 0;  // that the fleet has room for
};

/// Whether the fleet survived, and if not, why not, a line a reason.
struct Verdict {
  double failed_share = 0;
  std::vector<std::string> failures;
};
Verdict judge(const DemoOutcome& outcome);

/// One row a model: requests, failures, SLO attainment, latencies, replica-seconds, utilisation,
/// scale actions.
std::string models_summary(const DemoOutcome& outcome);
std::string loss_summary(const LossAccount& loss);

/// The requests that were sent, as a scenario with the measured service times and cold starts.
Scenario scenario_of(const DemoOutcome& outcome);
/// Runs it under predictive, hpa and static numbers for mean and peak; one row a policy.
Result<std::string> simulated_summary(const DemoOutcome& outcome, const Forecaster& forecaster);

}  // namespace starling::lab
