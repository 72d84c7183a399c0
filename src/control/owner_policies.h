// The policies of one model: the one that decides, and those that run beside it as shadows.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "control/decision.h"
#include "manifest/model_spec.h"
#include "policy/make_policy.h"
#include "policy/shadow.h"

namespace starling {

class OwnerPolicies {
 public:
  /// Those that the spec names.
  OwnerPolicies(const ModelSpec& spec, PolicyOptions options);

  /// Where the spec names another policy it begins anew; where it names other shadows, they do.
  void set_spec(const ModelSpec& spec);
  /// From now on the learned policy has these weights: as a shadow it goes on with them, and where
  /// it decides it begins anew. Whether it does.
  bool set_weights(std::shared_ptr<const PolicyNet> weights);

  /// More is known of the past than when they began: those that go by it begin anew, shadows with
  /// the replicas that they have. Whether the one that decides does.
  bool begin_anew();

  /// The one that decides.
  std::string name() const { return policy_->name(); }
  Allocation decide(const Observation& observation, const Objective& objective) {
    return policy_->decide(observation, objective);
  }
  /// Whether its decisions say what a replica more or less is worth.
  bool valued() const;
  /// What the acting policy made of the last interval and what each shadow would have; nothing
  /// where there are no shadows.
  std::vector<ShadowOutcome> ask_shadows(const Decision& decision);

 private:
  void cast_shadows();

  PolicyOptions options_;
  std::string named_;                       // by the spec, which may know more policies than this
  std::vector<std::string> named_shadows_;  // … likewise
  std::unique_ptr<Policy> policy_;
  std::vector<ShadowPolicy> shadows_;
  OutcomeEstimate acting_;  // kept only beside shadows
};

}  // namespace starling
