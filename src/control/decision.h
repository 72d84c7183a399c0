// One decision of an owner, with everything that a person needs to understand it.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "forecast/forecaster.h"
#include "policy/policy.h"
#include "policy/shadow.h"
#include "policy/sizing/vertical_sizer.h"

namespace starling {

/// What one node answered when replicas were to be placed, and what became of it.
struct BidOutcome {
  std::string node;
  std::string cloud;
  std::string zone;
  int offered = 0;
  int awarded = 0;
  int started = 0;
  double price_per_hour = 0;
  double cost_per_hour = 0;  // the price and all else that counts against the node
  std::string note;          // why it lost, or was refused
};

struct Decision {
  TimePoint time{};
  std::string model;
  std::string owner;
  std::string policy;
  Observation observation;  // its pointers are not kept: see `forecast`
  std::optional<Forecast> forecast;
  Objective objective;
  int current = 0;  // replicas of the present spec, ready or starting
  Allocation allocation;
  std::optional<SizeDecision> size;   // none where the manifest asks for no sizing
  std::vector<ShadowOutcome> shadow;  // the acting policy's, then each shadow's; empty without any
  bool asked_for_bids = false;
  std::vector<BidOutcome> bids;  // what came of them
  std::string outcome;           // "asked for 2 more; let 1 on draining nodes go"; empty: nothing

  /// Adds what else was done.
  void did(const std::string& what) { outcome += outcome.empty() ? what : "; " + what; }
};
/// The outcome in words: "none" where nothing was done.
std::string outcome_of(const Decision& decision);

/// The forms served by the API and kept by `explain`.
nlohmann::json to_json(const std::vector<BidOutcome>& bids);
nlohmann::json to_json(const Decision& decision);

}  // namespace starling
