// The data-plane thread: keeps the gateway on the latest routes and collects its traffic every
// second.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <mutex>
#include <thread>

#include "control/ports.h"
#include "gateway/haproxy.h"

namespace starling::agent {

class GatewayDriver {
 public:
  /// Called on the driver's thread at each whole second with what was seen in the second before it.
  using Seen = std::function<void(std::vector<ModelTraffic> traffic, TimePoint second)>;

  /// Starts HAProxy on the driver's own thread, whose child it is. Errors: HaproxyGateway::start's.
  static Result<std::unique_ptr<GatewayDriver>> start(const HaproxyOptions& options,
                                                      const Clock& clock, Seen seen);
  ~GatewayDriver();

  void set_routes(Routes routes, AdmissionLimits limits);

 private:
  GatewayDriver(const Clock& clock, Seen seen) : clock_(clock), seen_(std::move(seen)) {}
  void run(const HaproxyOptions& options, std::promise<Status>& started);
  void follow(HaproxyGateway& gateway);

  const Clock& clock_;
  Seen seen_;
  std::mutex mutex_;
  std::optional<Routes> routes_;
  AdmissionLimits limits_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace starling::agent
