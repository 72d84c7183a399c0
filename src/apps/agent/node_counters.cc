#include "apps/agent/node_counters.h"

namespace starling::agent {

AgentCounters counters_of(const NatsTransport& transport, const history::Store& store,
                          const Learner& learner, const Retrainer& retrainer,
                          const FleetLearning& learning) {
  const auto sent = transport.counters();
  const auto stats = store.stats();
  const auto learned = learner.counters();
  const auto versions = retrainer.counters();
  AgentCounters all = learning.counters();
  all.merge(
      AgentCounters{{"forecast_adaptations_kept", learned.adaptations_kept},
                    {"forecast_adaptations_refused", learned.adaptations_refused},
                    {"forecast_drifts", learned.drifts},
                    {"forecast_versions_promoted", versions.promoted},
                    {"forecast_versions_refused", versions.refused},
                    {"forecast_versions_confirmed", versions.confirmed},
                    {"forecast_versions_rolled_back", versions.rolled_back},
                    {"forecast_trainings_failed", versions.failed},
                    {"forecast_tenant_copies", versions.tenant_copies},
                    {"messages_sent", sent.sent},
                    {"messages_received", sent.received},
                    {"messages_dropped", sent.dropped_offline + sent.dropped_too_large},
                    {"history_rows_written", static_cast<std::uint64_t>(stats.rows_written)},
                    {"history_usage_rows_shed", static_cast<std::uint64_t>(stats.usage_rows_shed)},
                    {"history_event_rows_shed", static_cast<std::uint64_t>(stats.event_rows_shed)},
                    {"history_rows_lost", static_cast<std::uint64_t>(stats.rows_lost)}});
  return all;
}

}  // namespace starling::agent
