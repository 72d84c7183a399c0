// Elastic nodes in earnest: each pool's provider on a thread of its own, and the word to other
// nodes that they are to drain.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "api/metrics.h"
#include "apps/agent/config.h"
#include "apps/agent/inbox.h"
#include "apps/agent/worker.h"
#include "control/effects.h"
#include "control/fleet_view.h"

namespace starling::agent {

class PoolDriver {
 public:
  using View = std::function<std::shared_ptr<const FleetView>()>;

  /// Nothing runs where there are no pools. Errors: a local pool's directory can't be used.
  /// Answers go to the core through the inbox.
  static Result<std::unique_ptr<PoolDriver>> start(const Config& config, View view, Inbox& inbox);
  /// Gives up what is under way.
  ~PoolDriver();

  void ask(AskProvider question);
  void mark(MarkNode mark);
  /// pool_provider_calls{pool=…} and pool_provider_failures_REASON{pool=…}, REASON of timeout,
  /// too_long, failed and malformed.
  AgentCounters counters() const;

 private:
  PoolDriver(const Config& config, View view, Inbox& inbox)
      : config_(config), view_(std::move(view)), inbox_(inbox) {}
  ProviderAnswer carry_out(const AskProvider& question, NodeProvider& provider);
  void count(const std::string& name);

  Config config_;
  View view_;
  Inbox& inbox_;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  AgentCounters counters_;
  std::map<std::string, std::unique_ptr<NodeProvider>> providers_;
  // Last, so that they end before what they use.
  std::map<std::string, std::unique_ptr<Worker>> workers_;  // by pool; "": for marks
};

}  // namespace starling::agent
