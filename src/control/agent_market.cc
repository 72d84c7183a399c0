// An agent's view of the exchange: when capacity is short, and what a round of it gives each model.
#include <algorithm>

#include "control/agent.h"

namespace starling {

/// Capacity is short for a while once any live owner says so.
void Agent::note_shortage(TimePoint now, Effects& out) {
  if (divided() && now < short_looked_at_ + 1s) return;
  short_looked_at_ = now;
  for (const auto& name : membership_.live()) {
    for (const auto& summary : membership_.find(name)->last.owned) {
      if (summary.short_by == 0 || !owns(name, summary.model)) continue;
      if (now >= short_until_) {
        out.push_back(Notice{fmt::format(
            "capacity is short, {} has no room for {} more: replicas go by worth until {:.0f} min "
            "after the last shortage",
            summary.model, summary.short_by, seconds(options_.shortage_memory) / 60)});
      }
      short_until_ = now + options_.shortage_memory;
    }
  }
}

Market Agent::market(TimePoint now) {
  Market market;
  std::map<std::string, MarketModel> models;
  for (const auto& name : membership_.live()) {
    const Heartbeat& last = membership_.find(name)->last;
    // A node that knows no specs takes no replica, however much it has free.
    if (!last.without_specs && last.scheduling == Scheduling::kOpen) {
      market.nodes.push_back({name, last.node.cloud, last.free, {}});
      for (const auto& replica : last.replicas) {
        if (apart_.contains(replica.model)) ++market.nodes.back().runs[replica.model];
      }
    }
    for (const auto& summary : last.owned) {
      const StoredSpec* stored = spec_of(summary.model);
      if (summary.gains.empty() || stored == nullptr || !owns(name, summary.model)) continue;
      const ModelSpec& spec = stored->spec;
      MarketModel& model = models[summary.model];
      model = {summary.model,
               name,
               {},
               summary.size ? within(spec.sizing, summary.size->size) : spec.resources,
               spec.clouds,
               {},
               apart_from(apart_, summary.model)};
      model.trader = {{summary.gains, summary.losses},
                      0,
                      summary.promised,
                      spec.replicas.min,
                      spec.replicas.max,
                      summary.wished};
      // What nobody would pay for is not bought.
      if (const BudgetPart* budget = budget_part(summary.model, now))
        model.trader.max = std::min(model.trader.max, budget->allowed);
      int leaving = 0;
      for (const ReplicaStatus* replica : membership_.replicas_of(summary.model)) {
        if (replica->state == ReplicaState::kDraining) continue;
        if (membership_.draining(replica->node)) {
          ++leaving;
          continue;
        }
        ++model.trader.have;
        ++model.on[replica->node];
      }
      // Together with what replaces them they would count twice.
      model.trader.have += std::clamp(summary.desired - model.trader.have, 0, leaving);
      // Nor does its owner sell meanwhile.
      if (leaving > 0) model.trader.values.losses.clear();
    }
  }
  for (auto& [name, model] : models) market.models.push_back(std::move(model));
  return market;
}

/// The round is settled once a decision interval, from what was heard by then.
const MarketPart* Agent::market_part(const std::string& model, TimePoint now) {
  if (now >= short_until_) return nullptr;
  const auto number = (now - options_.owner.phase).time_since_epoch() / options_.owner.interval;
  if (number != round_number_) {
    round_number_ = number;
    round_ = settle(market(now), options_.owner.exchange);
  }
  const auto part = round_.find(model);
  return part == round_.end() ? nullptr : &part->second;
}

}  // namespace starling
