// What the budgets of tenants leave each model, by what everybody has told.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "control/budget.h"
#include "control/knowledge.h"
#include "control/owner.h"

namespace starling {

/// Money an hour that all models of a tenant together may cost, by tenant.
using Budgets = std::map<std::string, double>;

class TenantBudgets {
 public:
  /// `owner` says when decision intervals begin, and which exchange of replicas pays.
  TenantBudgets(const Knowledge& known, const Budgets& budgets, const OwnerOptions& owner)
      : known_(known), budgets_(budgets), owner_(owner) {}

  /// What the model may have in this decision interval; null where its tenant has no budget. Shared
  /// out once an interval, from what was heard by then.
  const BudgetPart* part(const std::string& model, TimePoint now);
  /// How many replicas of that size this node may still take, by what runs now.
  Affordable affordable(const std::string& model, const Resources& size) const;

 private:
  std::vector<BudgetModel> models_of(const std::string& tenant) const;
  BudgetModel told_of(const ModelSpec& spec) const;
  void share_out();

  const Knowledge& known_;
  const Budgets& budgets_;
  const OwnerOptions& owner_;
  std::map<std::string, BudgetPart> parts_;  // by model, of the tenants with a budget
  std::int64_t interval_ = -1;               // that they are of
};

}  // namespace starling
