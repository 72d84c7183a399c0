#include "policy/make_policy.h"

#include <fmt/ranges.h>

#include "base/nearest.h"
#include "manifest/policy_choice.h"
#include "policy/knob.h"
#include "policy/learned/learned_policy.h"
#include "policy/learned/shipped_net.h"
#include "policy/market/valued_policy.h"
#include "policy/static_policy.h"

namespace starling {

namespace {

/// A policy with a target of its own says so.
class NamedPolicy final : public Policy {
 public:
  NamedPolicy(std::string name, std::unique_ptr<Policy> policy)
      : name_(std::move(name)), policy_(std::move(policy)) {}

  std::string name() const override { return name_; }
  Allocation decide(const Observation& observation, const Objective& objective) override {
    return policy_->decide(observation, objective);
  }

 private:
  std::string name_;
  std::unique_ptr<Policy> policy_;
};

/// Null where there is none of the name.
std::unique_ptr<Policy> make_peer(const std::string& name, const PolicyOptions& options) {
  if (name == "static") return std::make_unique<StaticPolicy>();
  if (name == "hpa") return std::make_unique<HpaPolicy>(options.hpa);
  if (name == "kpa") return std::make_unique<KpaPolicy>(options.kpa);
  if (name == "ray-serve") return std::make_unique<RayServePolicy>(options.ray_serve);
  if (name == "skyserve") return std::make_unique<SkyServePolicy>(options.skyserve);
  if (name == "threshold") return std::make_unique<ThresholdPolicy>(options.threshold);
  if (name == "aiad") return std::make_unique<AiadPolicy>(options.aiad);
  if (name == "skewness") return std::make_unique<SkewnessPolicy>(options.skewness);
  if (name == "greedy") return std::make_unique<GreedyPolicy>(options.greedy);
  return nullptr;
}

/// Likewise; with its guards.
std::unique_ptr<Policy> make_own(const std::string& name, const PolicyOptions& options) {
  std::unique_ptr<Policy> own;
  if (name == "predictive") own = std::make_unique<PredictivePolicy>(options.predictive);
  if (name == "learned") {
    own = std::make_unique<LearnedPolicy>(options.learned ? options.learned : shipped_policy_net(),
                                          options.predictive);
  }
  if (!own) return nullptr;
  return std::make_unique<GuardedPolicy>(std::move(own), options.guards);
}

}  // namespace

const std::vector<std::string>& known_policies() {
  static const std::vector<std::string> names{"learned",   "predictive", "hpa",       "kpa",
                                              "ray-serve", "skyserve",   "threshold", "aiad",
                                              "skewness",  "greedy",     "static"};
  return names;
}

Result<std::unique_ptr<Policy>> make_policy(const std::string& name, const PolicyOptions& options) {
  const auto choice = read_policy_choice(name);
  if (!choice) return fail(choice.error());
  PolicyOptions tuned = options;
  if (choice->target) knob_of(choice->policy)->set(tuned, *choice->target);
  const auto named = [&](std::unique_ptr<Policy> policy) -> std::unique_ptr<Policy> {
    if (!choice->target) return policy;
    return std::make_unique<NamedPolicy>(name, std::move(policy));
  };
  if (auto peer = make_peer(choice->policy, tuned)) return named(std::move(peer));
  if (auto own = make_own(choice->policy, tuned))
    return std::make_unique<ValuedPolicy>(named(std::move(own)), tuned.valuation);
  return fail(ErrorCode::kInvalid, "no policy named '{}'{}; known: {}", name,
              did_you_mean(name, known_policies()), fmt::join(known_policies(), ", "));
}

}  // namespace starling
