// The policies of an owner: the one that decides, and those that run beside it as shadows.
#include "control/owner.h"

namespace starling {

std::unique_ptr<Policy> ModelOwner::policy_for(const ModelSpec& spec,
                                               const PolicyOptions& options) {
  auto policy = make_policy(spec.policy, options);
  // A spec from a newer agent may name a policy that this one does not know; it must be scaled all
  // the same.
  if (!policy) policy = make_policy("predictive", options);
  return std::move(*policy);
}

void ModelOwner::set_policy_weights(std::shared_ptr<const PolicyNet> weights, TimePoint now) {
  constexpr const char* kLearned = "learned";
  options_.policy.learned = std::move(weights);
  for (auto& shadow : shadows_) {
    if (shadow.name() != kLearned) continue;
    if (auto policy = make_policy(kLearned, options_.policy)) shadow.go_on_with(std::move(*policy));
  }
  if (spec_.spec.policy != kLearned) return;
  policy_ = policy_for(spec_.spec, options_.policy);
  taken_ = now;
}

void ModelOwner::cast_shadows() {
  shadows_.clear();
  acting_ = {};
  for (const auto& name : spec_.spec.shadow) {
    // One that only a newer agent knows casts no shadow here.
    if (auto policy = make_policy(name, options_.policy)) shadows_.emplace_back(std::move(*policy));
  }
}

/// What the acting policy made of the last interval and what each shadow would have; nothing where
/// there are no shadows.
std::vector<ShadowOutcome> ModelOwner::ask_shadows(const Decision& d) {
  std::vector<ShadowOutcome> outcomes;
  if (shadows_.empty()) return outcomes;
  outcomes.push_back(acting_outcome(acting_, d.observation, d.objective));
  outcomes.back().policy = d.policy;
  outcomes.back().wished = d.allocation.replicas;
  for (auto& shadow : shadows_) outcomes.push_back(shadow.decide(d.observation, d.objective));
  return outcomes;
}

}  // namespace starling
