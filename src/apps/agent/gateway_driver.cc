#include "apps/agent/gateway_driver.h"

#include "base/complaints.h"
#include "base/log.h"

namespace starling::agent {
namespace {

constexpr auto kStep = std::chrono::milliseconds(50);
constexpr Duration kFinishPatience = 6s;

void tell(Complaints& complaints, const Status& status, const char* what) {
  if (complaints.is_new(status)) spdlog::warn("gateway: {}: {}", what, status.error().message);
}

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
      tell(apply_complaints, gateway.apply(*current), "routes");
      tell(limit_complaints, gateway.limit(limits), "limits");
    }
    if (this_second > second) {
      auto traffic = gateway.collect();
      tell(collect_complaints, traffic ? Status() : fail(traffic.error()), "traffic");
      if (traffic) seen_(std::move(*traffic), this_second - 1s);
      second = this_second;
    }
    std::this_thread::sleep_for(kStep);
  }
}

}  // namespace starling::agent
