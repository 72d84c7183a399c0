#include "apps/agent/nats_driver.h"

#include "base/complaints.h"
#include "base/log.h"

namespace starling::agent {

Result<std::unique_ptr<NatsDriver>> NatsDriver::start(const NatsServerOptions& options) {
  std::unique_ptr<NatsDriver> driver(new NatsDriver);
  std::promise<Status> started;
  auto outcome = started.get_future();
  driver->thread_ =
      std::thread([raw = driver.get(), options, &started] { raw->run(options, started); });
  if (const auto status = outcome.get(); !status) return fail(status.error());
  return driver;
}

NatsDriver::~NatsDriver() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void NatsDriver::run(const NatsServerOptions& options, std::promise<Status>& started) {
  auto server = NatsServer::start(options);
  if (!server) {
    started.set_value(fail(server.error()));
    return;
  }
  url_ = (*server)->url();
  started.set_value({});
  Complaints complaints;
  while (!stopping_) {
    const auto status = (*server)->poll();
    if (complaints.is_new(status)) spdlog::error("{}", status.error().message);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  (*server)->stop();
}

}  // namespace starling::agent
