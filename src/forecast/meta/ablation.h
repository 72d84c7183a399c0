// What meta-learning adds: every way of adapting beside its controls, on the same tasks.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "forecast/meta/ablation_tasks.h"
#include "forecast/net/windows.h"

namespace starling {

/// Smaller and shorter than what ships: rows are compared with one another, not with it.
struct AblationOptions {
  Regime regime = Regime::kShort;
  int hidden = 64;
  int outer_steps = 1500;
  int inner_steps = 5;
  double inner_rate = 0.02;
  int train_max = 64;  // workloads of a training set, evenly spaced
  JudgeOptions judge;

  /// All that a figure depends on but the data.
  std::string text() const;
};

/// What trains, and what judges: workloads of the same name (up to its first '_') are a family.
struct AblationData {
  std::vector<TrainingSet> train;
  std::vector<TrainingSet> judge;  // weights do not count
};

/// "known families"; "without F" for each judged family: trained on all others, judged on it; "cpu
/// only": trained on the sets with "cpu" in their name, judged on the families that have none;
/// "regime change": trained as known, judged where a workload turns into another. A regime without
/// anything to train on or to judge by is not listed.
std::vector<std::string> ablation_regimes(const AblationData& data);

/// Rows of the table, in its order; docs/meta-learning.md says what each is.
std::vector<std::string> ablation_methods();

/// One cell: WQL relative to the last value's, by judged set, and their geometric mean.
struct AblationCell {
  std::string regime;
  std::string method;
  std::uint64_t seed = 0;
  std::map<std::string, double> by_set;
  double relative_wql = 0;
};

/// Runs the methods of one regime and seed, for which `wanted` holds, and hands over each cell as
/// it is ready. Weights are trained once for the methods that share them. Errors: an unknown
/// regime, those of training; "stopped" when `go_on`, asked before each step of training, says no.
Status run_ablation(const AblationData& data, const AblationOptions& options,
                    const std::string& regime, std::uint64_t seed,
                    const std::function<bool(const std::string& method)>& wanted,
                    const std::function<Status(const AblationCell&)>& ready,
                    const std::function<bool()>& go_on);

}  // namespace starling
