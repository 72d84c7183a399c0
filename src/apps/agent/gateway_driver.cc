#include "apps/agent/gateway_driver.h"

#include "base/log.h"

namespace starling::agent {
namespace {

constexpr auto kStep = std::chrono::milliseconds(50);
constexpr Duration kFinishPatience = 6s;

/// Says each new problem once, not every 50 ms.
class Complaints {
 public:
  void hear(const Status& status, const char* what) {
    const std::string problem = status ? "" : status.error().message;
    if (problem != last_ && !problem.empty()) spdlog::warn("gateway: {}: {}", what, problem);
    last_ = problem;
  }

 private:
  std::string last_;
};

}  // namespace

Result<std::unique_ptr<GatewayDriver>> GatewayDriver::start(const HaproxyOptions& options,
                                                            const Clock& clock, Seen seen) {
  std::unique_ptr<GatewayDriver> driver(new GatewayDriver(clock, std::move(seen)));
  std::promise<Status> started;
  auto outcome = started.get_future();
  driver->thread_ =
      std::thread([raw = driver.get(), options, &started] { raw->run(options, started); });
  if (const auto status = outcome.get(); !status) return fail(status.error());
  return driver;
}

GatewayDriver::~GatewayDriver() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void GatewayDriver::set_routes(Routes routes, AdmissionLimits limits) {
  const std::lock_guard lock(mutex_);
  routes_ = std::move(routes);
  limits_ = std::move(limits);
}

void GatewayDriver::run(const HaproxyOptions& options, std::promise<Status>& started) {
  auto gateway = HaproxyGateway::start(options);
  if (!gateway) {
    started.set_value(fail(gateway.error()));
    return;
  }
  started.set_value({});
  follow(**gateway);
  (*gateway)->finish(kFinishPatience);
}

void GatewayDriver::follow(HaproxyGateway& gateway) {
  Complaints apply_complaints, limit_complaints, collect_complaints;
  std::optional<Routes> current;  // none until the specs are known
  AdmissionLimits limits;
  TimePoint second = std::chrono::floor<std::chrono::seconds>(clock_.now());
  while (!stopping_) {
    bool changed = false;
    {
      const std::lock_guard lock(mutex_);
      if (routes_) {
        current = std::move(routes_);
        limits = std::move(limits_);
        routes_.reset();
        changed = true;
      }
    }
    const TimePoint this_second = std::chrono::floor<std::chrono::seconds>(clock_.now());
    // Applying is also what finishes drains and brings a crashed HAProxy back, so it is repeated.
    if (current && (changed || this_second > second)) {
      apply_complaints.hear(gateway.apply(*current), "routes");
      limit_complaints.hear(gateway.limit(limits), "limits");
    }
    if (this_second > second) {
      auto traffic = gateway.collect();
      collect_complaints.hear(traffic ? Status() : Status(fail(traffic.error())), "traffic");
      if (traffic) seen_(std::move(*traffic), this_second - 1s);
      second = this_second;
    }
    std::this_thread::sleep_for(kStep);
  }
}

}  // namespace starling::agent
