// Implements sim/policy_evaluation.h.
#include "sim/policy_evaluation.h"

#include <algorithm>

#include "base/table.h"
#include "sim/scaling_env.h"

namespace starling {

PolicyScore evaluate_policy(const std::string& name, const PolicyNet* net,
                            const std::vector<std::shared_ptr<const WorkloadTape>>& tapes) {
  PolicyScore score{.name = name};
  if (tapes.empty()) return score;
  for (const auto& tape : tapes) {
    ScalingCopy copy;
    copy.begin(*tape, 0, net != nullptr && net->direct);
    std::vector<float> memory;
    double held = 0, missed = 0, changed = 0;
    int ticks = 0;
    for (; !copy.at_end(); ++ticks) {
      const PolicyAction action = net ? net->act(copy.features(), memory) : PolicyAction{};
      const ScalingCopy::Outcome outcome = copy.step(action);
      held += outcome.held;
      missed += outcome.missed;
      changed += outcome.changed;
    }
    const DecisionSetting& setting = tape->spec().setting;
    const double share = missed / ticks / tape->mean_arrivals();
    score.cost += held / ticks / tape->mean_needed();
    score.missed += share;
    const double allowed = 1 - setting.slo_percentile / 100;
    score.missed_of_allowed += std::min(5.0, share / allowed);
    score.within_slo += share <= allowed ? 1 : 0;
    score.churn += changed / ticks / tape->mean_needed() * 3600 / setting.interval_s;
  }
  const auto count = static_cast<double>(tapes.size());
  for (double* mean :
       {&score.cost, &score.missed, &score.missed_of_allowed, &score.within_slo, &score.churn})
    *mean /= count;
  return score;
}

std::string policy_scores_table(const std::vector<PolicyScore>& scores) {
  Table table({"POLICY", ">COST", ">MISSED %", ">WORKLOADS WITHIN SLO %", ">CHURN /H"});
  for (const PolicyScore& score : scores) {
    table.add({score.name, fmt::format("{:.3f}", score.cost),
               fmt::format("{:.3f}", 100 * score.missed),
               fmt::format("{:.1f}", 100 * score.within_slo), fmt::format("{:.2f}", score.churn)});
  }
  return table.text();
}

}  // namespace starling
