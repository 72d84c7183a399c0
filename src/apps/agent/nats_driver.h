// The NATS server's keeper: a thread that starts the child, whose parent it is, and brings it back
// when it dies.
#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <thread>

#include "transport/nats_server.h"

namespace starling::agent {

/// Restarts wait for the server to be ready, which may take seconds: not the control thread's work.
class NatsDriver {
 public:
  /// Errors: NatsServer::start's.
  static Result<std::unique_ptr<NatsDriver>> start(const NatsServerOptions& options);
  /// Ends the server.
  ~NatsDriver();

  const std::string& url() const { return url_; }

 private:
  NatsDriver() = default;
  void run(const NatsServerOptions& options, std::promise<Status>& started);

  std::string url_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace starling::agent
