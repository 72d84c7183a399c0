// A running node: the control core joined with NATS, HAProxy, the runtime, the history, the learner
// and the API.
#pragma once

#include <atomic>
#include <memory>

#include "api/server.h"
#include "apps/agent/config.h"

namespace starling::agent {

/// Starts everything, or names what could not be started; then `run` is the control thread.
class Node {
 public:
  static Result<std::unique_ptr<Node>> start(const Config& config);
  virtual ~Node() = default;

  /// Returns once `stop` is set, after telling the others and ending all children.
  virtual void run(const std::atomic<bool>& stop) = 0;
};

}  // namespace starling::agent
