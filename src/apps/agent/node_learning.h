// All that learns in a node: forecasts and what adapts them to each model, training of the shared
// weights and of the policy's, and the exchange of both with other nodes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "apps/agent/config.h"
#include "apps/agent/inbox.h"
#include "apps/agent/learner.h"
#include "apps/agent/learning_driver.h"
#include "apps/agent/policy_learner.h"
#include "apps/agent/retrainer.h"
#include "history/store.h"

namespace starling::agent {

class NodeLearning {
 public:
  using View = std::function<std::shared_ptr<const FleetView>()>;

  /// What comes of it goes to the core through the inbox. Errors: a configured artefact that cannot
  /// be read, a data folder that cannot be written, no connection.
  static Result<std::unique_ptr<NodeLearning>> start(const Config& config,
                                                     const history::Store& history,
                                                     std::shared_ptr<NatsConnection> connection,
                                                     Inbox& inbox, View view);

  Learner& learner() { return *learner_; }
  /// For GET /v1/learning, see LearningDriver::status().
  nlohmann::json status(TimePoint now) const { return exchange_->status(now); }
  /// By metric name.
  std::map<std::string, std::uint64_t> counters() const;

 private:
  // Destroyed in reverse, so that who calls goes before who is called.
  std::unique_ptr<Learner> learner_;
  std::unique_ptr<LearningDriver> exchange_;
  std::unique_ptr<Retrainer> retrainer_;
  std::unique_ptr<PolicyLearner> policy_learner_;
};

}  // namespace starling::agent
