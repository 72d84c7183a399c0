// What `starling-lab chaos` says of its runs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/chaos.h"

namespace starling::lab {

/// All runs of one recipe.
struct ChaosRuns {
  std::string file;
  FaultPlan plan;
  std::vector<ChaosOutcome> outcomes;
};

/// A row a recipe: seeds, passed, broken invariants, virtual hours, the time to rest.
std::string chaos_table(const std::vector<ChaosRuns>& recipes);
/// The same and every failure; `elapsed_s` is of all recipes together.
nlohmann::json chaos_json(const std::vector<ChaosRuns>& recipes, double elapsed_s);
/// The invariant, the time, and the commands that replay and shrink it.
std::string chaos_failure(const std::string& file, const ChaosOutcome& outcome);
/// "12.3 virtual hours in 4.5 s: 2.7 a second"
std::string chaos_rate(const std::vector<ChaosRuns>& recipes, double elapsed_s);

}  // namespace starling::lab
