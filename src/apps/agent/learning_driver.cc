// Implements apps/agent/learning_driver.h.
#include "apps/agent/learning_driver.h"

#include <tuple>

#include "apps/agent/policy_training.h"
#include "apps/agent/system_time.h"
#include "control/ownership.h"
#include "forecast/federated/wire.h"

namespace starling::agent {
namespace {

constexpr std::chrono::seconds kTick{1};

}  // namespace

Result<std::unique_ptr<LearningDriver>> LearningDriver::start(
    std::shared_ptr<NatsConnection> connection, const Config& config,
    const ForecasterArtifact& base, const PolicyNet& policy, WeightExchange::Peers peers) {
  auto driver = std::make_unique<LearningDriver>();
  const std::string& self = config.node.name;
  LearningOptions options = config.learning;
  options.exchange = options.exchange && config.retrain_interval > Duration::zero();
  LearningOptions of_policy = options;
  // What the policy's training gives away is not accounted for.
  of_policy.exchange = options.exchange && !options.privacy.on();
  for (auto [topic, wanted, transport] :
       {std::tuple{"learning", options.exchange, &driver->transport_},
        std::tuple{"policy", of_policy.exchange, &driver->policy_transport_}}) {
    if (!wanted) continue;
    auto made = NatsTransport::create(connection, config.fleet, self, topic);
    if (!made) return fail(made.error());
    *transport = std::move(*made);
  }
  const auto seed = stable_hash(config.fleet + "\n" + self) ^
                    static_cast<std::uint64_t>(system_now().time_since_epoch().count());
  const auto send_over = [](NatsTransport* transport) {
    return [transport](const std::string& node, const std::string& bytes) {
      transport->send(node, bytes);
    };
  };
  driver->learning_ =
      std::make_unique<FleetLearning>(self, base, options, config.retrain_interval, seed,
                                      send_over(driver->transport_.get()), peers);
  const federated::Kind kind{.architecture = architecture_of(policy),
                             .base = federated::fingerprint(policy.version),
                             .count = weights_of(policy).size()};
  driver->policy_ = std::make_unique<WeightExchange>(
      self, weights_of(policy), kind, of_policy, config.retrain_interval, seed + 1,
      send_over(driver->policy_transport_.get()), std::move(peers));
  if (driver->transport_) {
    driver->transport_->on_message([learning = driver->learning_.get()](std::string bytes) {
      learning->receive(bytes, system_now());
    });
    driver->thread_ = std::thread([d = driver.get()] { d->run(); });
  }
  if (driver->policy_transport_) {
    driver->policy_transport_->on_message([policy_of = driver->policy_.get()](std::string bytes) {
      policy_of->receive(bytes, system_now());
    });
  }
  return driver;
}

nlohmann::json LearningDriver::status(TimePoint now) const {
  nlohmann::json status = learning_->status(now);
  status["policy"] = policy_->status(now);
  return status;
}

std::map<std::string, std::uint64_t> LearningDriver::counters() const {
  auto all = learning_->counters();
  all.merge(policy_->counters("policy_learning"));
  return all;
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
  while (!wake_.wait_for(lock, kTick, [&] { return stopping_; })) {
    learning_->tick(system_now());
    policy_->tick(system_now());
  }
}

std::vector<std::string> live_names(const FleetView& view) {
  std::vector<std::string> names;
  for (const Member& member : view.members) {
    if (member.state == MemberState::kAlive) names.push_back(member.last.node.name);
  }
  return names;
}

}  // namespace starling::agent
