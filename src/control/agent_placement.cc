// What an agent knows beyond its books when it bids and when its owners choose: where requests come
// from, whether a model runs here that is kept apart, what a tenant may spend.
#include <algorithm>
#include <cmath>

#include "control/agent.h"

namespace starling {

/// A gateway in a cloud stands for the clients that are near it.
void Agent::note_origin(const std::string& model, const TrafficReport& report, double arrivals) {
  const Member* from = membership_.find(report.node);
  if (from != nullptr) origins_[model].add(from->last.node.cloud, arrivals, report.second);
}

/// A model that runs here and must not share a node with `model`, whichever of both says so.
std::string Agent::barred(const std::string& model) const {
  const auto& apart = apart_from(apart_, model);
  if (apart.empty()) return "";
  for (const auto& [id, replica] : ledger_.replicas()) {
    if (apart.contains(replica.model)) return replica.model;
  }
  return "";
}

/// The tenant's models as their owners last told of them. What is on its way out costs for seconds
/// only and is not counted.
std::vector<BudgetModel> Agent::budgeted(const std::string& tenant) const {
  std::vector<BudgetModel> models;
  for (const auto& [name, stored] : specs_) {
    const ModelSpec& spec = stored.spec;
    if (tenant_of(spec) != tenant) continue;
    BudgetModel model{name, 0, 0, 0, spec.replicas.min, {}, spec.priority};
    double cost = 0;
    for (const ReplicaStatus* replica : membership_.replicas_of(name)) {
      const Member* node = membership_.find(replica->node);
      if (replica->state == ReplicaState::kDraining || membership_.draining(replica->node) ||
          node == nullptr)
        continue;
      ++model.have;
      cost += price_per_hour(node->last.node, replica->resources);
    }
    Resources size = spec.resources;
    if (const ModelSummary* told = summary_of(name)) {
      model.wish = std::min(std::max(told->unbudgeted, told->desired), spec.replicas.max);
      // A new owner has not decided yet: what runs is what is wanted.
      if (told->decided == TimePoint{}) model.wish = std::max(model.have, model.min);
      model.values = {told->gains, told->losses};
      if (told->size && spec.sizing.mode == SizingMode::kAuto)
        size = within(spec.sizing, told->size->size);
    }
    if (model.have > 0) {
      model.price_per_hour = cost / model.have;
    } else {
      // Nobody knows yet where it will run: no node may be dearer than what was reckoned with.
      for (const auto& node : membership_.live())
        model.price_per_hour =
            std::max(model.price_per_hour, price_per_hour(membership_.find(node)->last.node, size));
    }
    models.push_back(std::move(model));
  }
  return models;
}

/// Shared out once a decision interval, from what was heard by then.
const BudgetPart* Agent::budget_part(const std::string& model, TimePoint now) {
  if (options_.budgets.empty()) return nullptr;
  const auto number = (now - options_.owner.phase).time_since_epoch() / options_.owner.interval;
  if (number != allowance_number_) {
    allowance_number_ = number;
    allowances_.clear();
    for (const auto& [tenant, budget] : options_.budgets) {
      const auto models = budgeted(tenant);
      double in_use = 0;
      for (const auto& one : models) in_use += one.have * one.price_per_hour;
      const auto allowed = share_budget(models, budget, options_.owner.exchange);
      for (const auto& one : models)
        allowances_[one.name] = {tenant, budget, in_use, allowed.at(one.name), one.price_per_hour};
    }
  }
  const auto part = allowances_.find(model);
  return part == allowances_.end() ? nullptr : &part->second;
}

Affordable Agent::affordable(const std::string& model, const Resources& size) const {
  const StoredSpec* stored = spec_of(model);
  const double price = price_per_hour(ledger_.node(), size);
  if (stored == nullptr || price <= 0) return {};
  const auto budget = options_.budgets.find(tenant_of(stored->spec));
  if (budget == options_.budgets.end()) return {};
  BudgetPart part{budget->first, budget->second, 0, 0, price};
  for (const auto& one : budgeted(budget->first)) part.in_use += one.have * one.price_per_hour;
  // What was admitted just now is in the books before anybody hears of it.
  const auto told = membership_.find(ledger_.node().name)->last.replicas;
  for (const auto& entry : ledger_.replicas()) {
    const ReplicaStatus& replica = entry.second;
    const StoredSpec* of = spec_of(replica.model);
    const bool same = of != nullptr && tenant_of(of->spec) == part.tenant;
    const bool counted = std::any_of(told.begin(), told.end(),
                                     [&](const ReplicaStatus& r) { return r.id == replica.id; });
    if (same && !counted) part.in_use += price_per_hour(ledger_.node(), replica.resources);
  }
  const double more = std::floor((part.budget - part.in_use + 1e-9) / price);
  return {static_cast<int>(std::clamp(more, 0.0, 1e6)), text_of(part)};
}

}  // namespace starling
