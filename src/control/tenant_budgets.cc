#include "control/tenant_budgets.h"

#include <algorithm>
#include <cmath>

namespace starling {

/// A model as its owner last told of it. What is on its way out costs for seconds only and is not
/// counted.
BudgetModel TenantBudgets::told_of(const ModelSpec& spec) const {
  BudgetModel model{spec.name, 0, 0, 0, spec.replicas.min, {}, spec.priority};
  double cost = 0;
  for (const ReplicaStatus* replica : known_.members.replicas_of(spec.name)) {
    const Member* node = known_.members.find(replica->node);
    if (replica->state == ReplicaState::kDraining || known_.members.draining(replica->node) ||
        node == nullptr)
      continue;
    ++model.have;
    cost += price_per_hour(node->last.node, replica->resources);
  }
  const ModelSummary* told = known_.summary_of(spec.name);
  if (told != nullptr) {
    model.wish = std::min(std::max(told->unbudgeted, told->desired), spec.replicas.max);
    // A new owner has not decided yet: what runs is what is wanted.
    if (told->decided == TimePoint{}) model.wish = std::max(model.have, model.min);
    model.values = {told->gains, told->losses};
  }
  if (model.have > 0) {
    model.price_per_hour = cost / model.have;
    return model;
  }
  // Nobody knows yet where it will run: no node may be dearer than what was reckoned with.
  const Resources size = size_of(spec, told);
  for (const auto& node : known_.members.live())
    model.price_per_hour =
        std::max(model.price_per_hour, price_per_hour(known_.members.find(node)->last.node, size));
  return model;
}

std::vector<BudgetModel> TenantBudgets::models_of(const std::string& tenant) const {
  std::vector<BudgetModel> models;
  for (const auto& [name, stored] : known_.specs.all()) {
    if (tenant_of(stored.spec) == tenant) models.push_back(told_of(stored.spec));
  }
  return models;
}

void TenantBudgets::share_out() {
  parts_.clear();
  for (const auto& [tenant, budget] : budgets_) {
    const auto models = models_of(tenant);
    double in_use = 0;
    for (const auto& one : models) in_use += one.have * one.price_per_hour;
    const auto allowed = share_budget(models, budget, owner_.exchange);
    for (const auto& one : models)
      parts_[one.name] = {tenant, budget, in_use, allowed.at(one.name), one.price_per_hour};
  }
}

const BudgetPart* TenantBudgets::part(const std::string& model, TimePoint now) {
  if (budgets_.empty()) return nullptr;
  const auto interval = decision_interval(now, owner_);
  if (interval != interval_) {
    interval_ = interval;
    share_out();
  }
  const auto part = parts_.find(model);
  return part == parts_.end() ? nullptr : &part->second;
}

Affordable TenantBudgets::affordable(const std::string& model, const Resources& size) const {
  const StoredSpec* stored = known_.specs.find(model);
  const NodeInfo& node = known_.books.node();
  const double price = price_per_hour(node, size);
  if (stored == nullptr || price <= 0) return {};
  const auto budget = budgets_.find(tenant_of(stored->spec));
  if (budget == budgets_.end()) return {};
  BudgetPart part{budget->first, budget->second, 0, 0, price};
  for (const auto& one : models_of(budget->first)) part.in_use += one.have * one.price_per_hour;
  // What was admitted just now is in the books before anybody hears of it.
  const auto& told = known_.members.find(node.name)->last.replicas;
  for (const auto& entry : known_.books.replicas()) {
    const ReplicaStatus& replica = entry.second;
    const StoredSpec* of = known_.specs.find(replica.model);
    const bool same = of != nullptr && tenant_of(of->spec) == part.tenant;
    const bool counted = std::any_of(told.begin(), told.end(),
                                     [&](const ReplicaStatus& r) { return r.id == replica.id; });
    if (same && !counted) part.in_use += price_per_hour(node, replica.resources);
  }
  const double more = std::floor((part.budget - part.in_use + 1e-9) / price);
  return {static_cast<int>(std::clamp(more, 0.0, 1e6)), text_of(part)};
}

}  // namespace starling
