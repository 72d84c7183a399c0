// An agent's view of the exchange: when capacity is short, and what a round of it gives each model.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "control/effects.h"
#include "control/knowledge.h"
#include "control/market.h"
#include "control/owner.h"
#include "control/tenant_budgets.h"

namespace starling {

class ExchangeRounds {
 public:
  /// Capacity that was short may be short again before a start would have helped: for `memory` it
  /// goes by worth.
  ExchangeRounds(const Knowledge& known, TenantBudgets& budgets, const OwnerOptions& owner,
                 Duration memory)
      : known_(known), budgets_(budgets), owner_(owner), memory_(memory) {}

  /// Capacity is short once any live owner says so; told when that begins. A divided fleet, which
  /// is large, is looked through once a second.
  void note_shortage(TimePoint now, Effects& out);
  bool is_short(TimePoint now) const { return now < short_until_; }
  /// What the model may do in the present round, which is settled once a decision interval from
  /// what was heard by then. Null while nothing is short, and where it takes no part.
  const MarketPart* part(const std::string& model, TimePoint now);

 private:
  Market market(TimePoint now);
  MarketModel told_of(const ModelSummary& summary, const StoredSpec& stored,
                      const std::string& owner, TimePoint now);

  const Knowledge& known_;
  TenantBudgets& budgets_;
  const OwnerOptions& owner_;
  Duration memory_;
  TimePoint short_until_{};
  TimePoint looked_at_{};
  std::map<std::string, MarketPart> round_;  // by model
  std::int64_t interval_ = -1;               // that it is of
};

}  // namespace starling
