// Learning together over NATS, on subjects of its own: decisions never queue behind weights.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "apps/agent/config.h"
#include "apps/agent/fleet_learning.h"
#include "control/fleet_view.h"
#include "policy/learned/policy_net.h"
#include "transport/nats_transport.h"

namespace starling::agent {

class LearningDriver {
 public:
  /// `base` and `policy`: the configured weights. Errors: no connection. Where the exchange is off
  /// nothing is listened to.
  static Result<std::unique_ptr<LearningDriver>> start(std::shared_ptr<NatsConnection> connection,
                                                       const Config& config,
                                                       const ForecasterArtifact& base,
                                                       const PolicyNet& policy,
                                                       WeightExchange::Peers peers);
  ~LearningDriver();
  FleetLearning& learning() { return *learning_; }
  WeightExchange& policy() { return *policy_; }
  /// FleetLearning::status() with "policy": WeightExchange::status() of the policy's weights.
  nlohmann::json status(TimePoint now) const;
  /// By metric name.
  std::map<std::string, std::uint64_t> counters() const;

 private:
  void run();

  // The transports are gone before what their messages go to.
  std::unique_ptr<FleetLearning> learning_;
  std::unique_ptr<WeightExchange> policy_;
  std::unique_ptr<NatsTransport> transport_, policy_transport_;
  // Time passes for the exchange while the node trains, too.
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

/// Names of the members that are alive, from what an agent knows of its fleet.
std::vector<std::string> live_names(const FleetView& view);

}  // namespace starling::agent
