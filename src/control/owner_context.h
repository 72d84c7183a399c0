// What the owner of a model goes by: its options, and what of the world it may look at.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "base/clock.h"
#include "control/budget.h"
#include "control/demand.h"
#include "control/market.h"
#include "control/membership.h"
#include "control/origins.h"
#include "control/placement.h"
#include "policy/make_policy.h"
#include "policy/market/exchange.h"

namespace starling {

/// How owners go about it: the same for all models of an agent. What differs is in their specs.
struct OwnerOptions {
  Duration interval{2s};  // between decisions
  Duration phase{300ms};  // decisions come this long after a whole interval, when reports are in
  Duration forecast_wait{500ms};  // a decision waits no longer for its forecast
  /// A tender closes then, or once every live node has answered: never sooner in a large fleet,
  /// where some are asked (agent_bidders.cc).
  Duration bid_window{150ms};
  Duration takeover_hold{10s};  // a new owner lets nothing go for so long: it has not seen the past
  Duration cold_start_guess{5s};  // until one was measured
  Duration release{2s};           // from letting a replica go until its room is free
  PlacementOptions placement;
  ExchangeOptions exchange;
  PolicyOptions policy;  // at first: other weights may come, see ModelOwner::set_policy_weights
};

/// Which decision interval, from the clock's zero, a moment falls into: the same for all nodes.
inline std::int64_t decision_interval(TimePoint now, const OwnerOptions& options) {
  return (now - options.phase).time_since_epoch() / options.interval;
}

/// What an owner may look at.
struct OwnerContext {
  const Membership& members;
  const Demand& demand;
  TimePoint now;
  bool scarce = false;  // whether capacity is short in the fleet
  /// What this model may do in the present round of the exchange. Null where it takes no part.
  const MarketPart* market = nullptr;
  /// Which clouds the model's requests come from; null: not known.
  const Origins* origins = nullptr;
  /// What the budget of the model's tenant leaves it. Null where the tenant has none.
  const BudgetPart* budget = nullptr;
  /// Models that it may share no node with; null: none.
  const std::set<std::string>* apart = nullptr;
};

}  // namespace starling
