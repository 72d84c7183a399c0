#include "control/owner_policies.h"

#include <utility>

#include "manifest/policy_choice.h"
#include "policy/market/valued_policy.h"

namespace starling {
namespace {

constexpr const char* kLearnedPolicy = "learned";

std::unique_ptr<Policy> policy_for(const std::string& name, const PolicyOptions& options) {
  auto policy = make_policy(name, options);
  // A spec from a newer agent may name a policy that this one does not know; it must be scaled all
  // the same.
  if (!policy) policy = make_policy("predictive", options);
  return std::move(*policy);
}

bool is_valued(const Policy& policy) {
  return dynamic_cast<const ValuedPolicy*>(&policy) != nullptr;
}

}  // namespace

OwnerPolicies::OwnerPolicies(const ModelSpec& spec, PolicyOptions options)
    : options_(std::move(options)),
      named_(spec.policy),
      named_shadows_(spec.shadow),
      policy_(policy_for(named_, options_)) {
  cast_shadows();
}

void OwnerPolicies::set_spec(const ModelSpec& spec) {
  if (spec.policy != named_) {
    named_ = spec.policy;
    policy_ = policy_for(named_, options_);
  }
  if (spec.shadow != named_shadows_) {
    named_shadows_ = spec.shadow;
    cast_shadows();
  }
}

bool OwnerPolicies::set_weights(std::shared_ptr<const PolicyNet> weights) {
  options_.learned = std::move(weights);
  for (auto& shadow : shadows_) {
    if (bare_policy(shadow.name()) != kLearnedPolicy) continue;
    if (auto policy = make_policy(shadow.name(), options_)) shadow.go_on_with(std::move(*policy));
  }
  if (bare_policy(named_) != kLearnedPolicy) return false;
  policy_ = policy_for(named_, options_);
  return true;
}

bool OwnerPolicies::begin_anew() {
  for (auto& shadow : shadows_) {
    auto policy = make_policy(shadow.name(), options_);
    if (policy && is_valued(**policy)) shadow.go_on_with(std::move(*policy));
  }
  if (!valued()) return false;
  policy_ = policy_for(named_, options_);
  return true;
}

bool OwnerPolicies::valued() const { return is_valued(*policy_); }

void OwnerPolicies::cast_shadows() {
  shadows_.clear();
  acting_ = {};
  for (const auto& name : named_shadows_) {
    // One that only a newer agent knows casts no shadow here.
    if (auto policy = make_policy(name, options_)) shadows_.emplace_back(std::move(*policy));
  }
}

std::vector<ShadowOutcome> OwnerPolicies::ask_shadows(const Decision& d) {
  std::vector<ShadowOutcome> outcomes;
  if (shadows_.empty()) return outcomes;
  outcomes.push_back(acting_outcome(acting_, d.observation, d.objective));
  outcomes.back().policy = d.policy;
  outcomes.back().wished = d.allocation.replicas;
  for (auto& shadow : shadows_) outcomes.push_back(shadow.decide(d.observation, d.objective));
  return outcomes;
}

}  // namespace starling
