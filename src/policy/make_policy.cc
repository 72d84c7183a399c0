#include "policy/make_policy.h"

#include <fmt/ranges.h>

#include "base/nearest.h"
#include "policy/learned/learned_policy.h"
#include "policy/learned/shipped_net.h"
#include "policy/market/valued_policy.h"
#include "policy/static_policy.h"

namespace starling {

const std::vector<std::string>& known_policies() {
  static const std::vector<std::string> names{"learned",   "predictive", "hpa",       "kpa",
                                              "ray-serve", "skyserve",   "threshold", "aiad",
                                              "skewness",  "greedy",     "static"};
  return names;
}

Result<std::unique_ptr<Policy>> make_policy(const std::string& name, const PolicyOptions& options) {
  if (name == "static") return std::make_unique<StaticPolicy>();
  if (name == "hpa") return std::make_unique<HpaPolicy>(options.hpa);
  if (name == "kpa") return std::make_unique<KpaPolicy>(options.kpa);
  if (name == "ray-serve") return std::make_unique<RayServePolicy>(options.ray_serve);
  if (name == "skyserve") return std::make_unique<SkyServePolicy>(options.skyserve);
  if (name == "threshold") return std::make_unique<ThresholdPolicy>(options.threshold);
  if (name == "aiad") return std::make_unique<AiadPolicy>(options.aiad);
  if (name == "skewness") return std::make_unique<SkewnessPolicy>(options.skewness);
  if (name == "greedy") return std::make_unique<GreedyPolicy>(options.greedy);
  std::unique_ptr<Policy> ours;
  if (name == "predictive") ours = std::make_unique<PredictivePolicy>(options.predictive);
  if (name == "learned") {
    ours = std::make_unique<LearnedPolicy>(options.learned ? options.learned : shipped_policy_net(),
                                           options.predictive);
  }
  if (ours) {
    return std::make_unique<ValuedPolicy>(
        std::make_unique<GuardedPolicy>(std::move(ours), options.guards), options.valuation);
  }
  return fail(ErrorCode::kInvalid, "no policy named '{}'{}; known: {}", name,
              did_you_mean(name, known_policies()), fmt::join(known_policies(), ", "));
}

}  // namespace starling
