#include "control/exchange_rounds.h"

#include <algorithm>

namespace starling {

void ExchangeRounds::note_shortage(TimePoint now, Effects& out) {
  if (known_.members.divided() && now < looked_at_ + 1s) return;
  looked_at_ = now;
  for (const auto& name : known_.members.live()) {
    for (const auto& summary : known_.members.find(name)->last.owned) {
      if (summary.short_by == 0 || !known_.line.owns(name, summary.model)) continue;
      if (!is_short(now)) {
        out.push_back(Notice{fmt::format(
            "capacity is short, {} has no room for {} more: replicas go by worth until {:.0f} min "
            "after the last shortage",
            summary.model, summary.short_by, seconds(memory_) / 60)});
      }
      short_until_ = now + memory_;
    }
  }
}

MarketModel ExchangeRounds::told_of(const ModelSummary& summary, const StoredSpec& stored,
                                    const std::string& owner, TimePoint now) {
  const ModelSpec& spec = stored.spec;
  MarketModel model{summary.model,
                    owner,
                    {},
                    size_of(spec, &summary),
                    spec.clouds,
                    {},
                    known_.specs.apart(summary.model)};
  model.trader = {{summary.gains, summary.losses},
                  0,
                  summary.promised,
                  spec.replicas.min,
                  spec.replicas.max,
                  summary.wished};
  // What nobody would pay for is not bought.
  if (const BudgetPart* budget = budgets_.part(summary.model, now))
    model.trader.max = std::min(model.trader.max, budget->allowed);
  int leaving = 0;
  for (const ReplicaStatus* replica : known_.members.replicas_of(summary.model)) {
    if (replica->state == ReplicaState::kDraining) continue;
    if (known_.members.draining(replica->node)) {
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
  return model;
}

Market ExchangeRounds::market(TimePoint now) {
  Market market;
  std::map<std::string, MarketModel> models;
  for (const auto& name : known_.members.live()) {
    const Heartbeat& last = known_.members.find(name)->last;
    // A node that knows no specs takes no replica, however much it has free.
    if (!last.without_specs && last.scheduling == Scheduling::kOpen) {
      market.nodes.push_back({name, last.node.cloud, last.free, {}});
      for (const auto& replica : last.replicas) {
        if (!known_.specs.apart(replica.model).empty()) ++market.nodes.back().runs[replica.model];
      }
    }
    for (const auto& summary : last.owned) {
      const StoredSpec* stored = known_.specs.find(summary.model);
      if (summary.gains.empty() || stored == nullptr || !known_.line.owns(name, summary.model))
        continue;
      models[summary.model] = told_of(summary, *stored, name, now);
    }
  }
  for (auto& [name, model] : models) market.models.push_back(std::move(model));
  return market;
}

const MarketPart* ExchangeRounds::part(const std::string& model, TimePoint now) {
  if (!is_short(now)) return nullptr;
  const auto interval = decision_interval(now, owner_);
  if (interval != interval_) {
    interval_ = interval;
    round_ = settle(market(now), owner_.exchange);
  }
  const auto part = round_.find(model);
  return part == round_.end() ? nullptr : &part->second;
}

}  // namespace starling
