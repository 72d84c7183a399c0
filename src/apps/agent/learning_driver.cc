// Implements apps/agent/learning_driver.h.
#include "apps/agent/learning_driver.h"

#include "control/ownership.h"

namespace starling::agent {
namespace {

constexpr std::chrono::seconds kTick{1};

TimePoint now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

}  // namespace

Result<std::unique_ptr<LearningDriver>> LearningDriver::start(
    std::shared_ptr<NatsConnection> connection, const Config& config,
    const ForecasterArtifact& base, FleetLearning::Peers peers) {
  auto driver = std::make_unique<LearningDriver>();
  LearningOptions options = config.learning;
  options.exchange = options.exchange && config.retrain_interval > Duration::zero();
  NatsTransport* transport = nullptr;
  if (options.exchange) {
    auto made =
        NatsTransport::create(std::move(connection), config.fleet, config.node.name, "learning");
    if (!made) return fail(made.error());
    driver->transport_ = std::move(*made);
    transport = driver->transport_.get();
  }
  const auto seed = stable_hash(config.fleet + "\n" + config.node.name) ^
                    static_cast<std::uint64_t>(now().time_since_epoch().count());
  driver->learning_ = std::make_unique<FleetLearning>(
      config.node.name, base, options, config.retrain_interval, seed,
      [transport](const std::string& node, const std::string& bytes) {
        transport->send(node, bytes);
      },
      std::move(peers));
  if (transport != nullptr) {
    transport->on_message([learning = driver->learning_.get()](std::string bytes) {
      learning->receive(bytes, now());
    });
    driver->thread_ = std::thread([d = driver.get()] { d->run(); });
  }
  return driver;
}

LearningDriver::~LearningDriver() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void LearningDriver::run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kTick, [&] { return stopping_; })) learning_->tick(now());
}

std::vector<std::string> live_names(const FleetView& view) {
  std::vector<std::string> names;
  for (const Member& member : view.members) {
    if (member.state == MemberState::kAlive) names.push_back(member.last.node.name);
  }
  return names;
}

}  // namespace starling::agent
