// This node's data plane: a supervised HAProxy that follows the routes while it runs.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "control/ports.h"
#include "gateway/haproxy_config.h"

namespace starling {

/// Requests to /v2/models/<name>/… go to the ready replica of that model with the fewest requests;
/// each replica gets at most its concurrency, the rest waits in one queue a model, for
/// `queue_timeout` at most. A model without a ready replica queues as well. A request whose replica
/// dies is sent to another one. What comes beyond a model's limit gets a 429 and when to come back.
/// GET /v2/health/live and /v2/health/ready are answered by HAProxy itself. Until the first apply()
/// it is not ready and knows no model: what comes then gets a 503 and when to come back.
///
/// HAProxy is a child of the thread that calls `start` and is killed when that thread ends. If it
/// dies it is started again, with its routes, by the next apply() or collect(), with back-off when
/// it keeps dying.
class HaproxyGateway : public Gateway {
 public:
  /// Errors: HAProxy not installed, the port taken, the folder's path too long for a socket: each
  /// says how to mend it.
  static Result<std::unique_ptr<HaproxyGateway>> start(const HaproxyOptions& options);

  /// An orderly end: says for a second that it is not ready, takes no more connections, and ends
  /// with the last request, or when `patience` is over. Nothing may be asked of it afterwards.
  virtual void finish(Duration patience) = 0;
  /// The child's process id; 0 while it is dead.
  virtual pid_t pid() const = 0;
};

}  // namespace starling
