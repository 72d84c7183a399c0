// Implements apps/agent/node_learning.h.
#include "apps/agent/node_learning.h"

#include <utility>

#include "apps/agent/usage_for_training.h"
#include "base/log.h"
#include "policy/learned/shipped_net.h"

namespace starling::agent {

Result<std::unique_ptr<NodeLearning>> NodeLearning::start(
    const Config& config, const history::Store& history, std::shared_ptr<NatsConnection> connection,
    Inbox& inbox, View view) {
  auto all = std::make_unique<NodeLearning>();
  auto shipped = read_artifact(config.forecaster);
  if (!shipped) return fail(shipped.error());
  auto models = ModelStore::open(config.data / "models");
  if (!models) return fail(models.error());
  const ForecasterArtifact weights = models->serving_or(*shipped);
  OnlineForecaster forecaster(weights);
  spdlog::info("forecaster {} serves", forecaster.method());
  all->learner_ = std::make_unique<Learner>(
      std::move(forecaster), config.adapt_interval,
      [&inbox](const std::string& model, Forecast forecast) {
        inbox.post([model, f = std::move(forecast)](Agent& core, TimePoint now) {
          return core.on_forecast(model, f, now);
        });
      },
      [&inbox](const std::string& model, std::string film) {
        inbox.post([model, film = std::move(film)](Agent& core, TimePoint now) {
          return core.on_adapted(model, film, now);
        });
      });
  Learner& learner = *all->learner_;
  const auto configured = shipped_policy_net();
  auto exchange = LearningDriver::start(std::move(connection), config, *shipped, *configured,
                                        [view] { return live_names(*view()); });
  if (!exchange) return fail(exchange.error());
  all->exchange_ = std::move(*exchange);
  all->retrainer_ = std::make_unique<Retrainer>(
      history, std::move(*models), *shipped, weights,
      VersionOptions{.interval = config.retrain_interval},
      [&learner](const ForecasterArtifact& artifact) { learner.replace(artifact); },
      [&learner](auto copies) { learner.set_families(std::move(copies)); },
      [&learner] { return learner.live_record(); }, all->exchange_->learning());
  all->policy_learner_ = std::make_unique<PolicyLearner>(
      configured,
      PolicyLearner::Options{config.retrain_interval, config.data / "models" / "policy.json"},
      all->exchange_->policy(), [&history] { return usage_for_training(history); },
      [view] { return asks_for_learned(*view()); },
      [&inbox](std::shared_ptr<const PolicyNet> net) {
        inbox.post([net = std::move(net)](Agent& core, TimePoint now) {
          return core.on_policy_weights(net, now);
        });
      });
  return all;
}

std::map<std::string, std::uint64_t> NodeLearning::counters() const {
  const auto learned = learner_->counters();
  const auto versions = retrainer_->counters();
  auto all = exchange_->counters();
  all.merge(std::map<std::string, std::uint64_t>{
      {"forecast_adaptations_kept", learned.adaptations_kept},
      {"forecast_adaptations_refused", learned.adaptations_refused},
      {"forecast_drifts", learned.drifts},
      {"forecast_versions_promoted", versions.promoted},
      {"forecast_versions_refused", versions.refused},
      {"forecast_versions_confirmed", versions.confirmed},
      {"forecast_versions_rolled_back", versions.rolled_back},
      {"forecast_trainings_failed", versions.failed},
      {"forecast_tenant_copies", versions.tenant_copies}});
  return all;
}

}  // namespace starling::agent
