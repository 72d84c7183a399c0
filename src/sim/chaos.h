// Runs fault plans: a World, the plan's faults and the invariants, one seed at a time or many.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/fault_plan.h"
#include "sim/world.h"

namespace starling {

/// What became of one run.
struct ChaosOutcome {
  std::uint64_t seed = 0;
  std::optional<Violation> broken;  // the first; the run ends with it
  Duration virtual_time{};          // that was simulated
  std::optional<Duration> rested;   // from the last fault until everything was at rest for good
  int faults = 0;
  std::int64_t starts = 0;  // of replicas
  std::string log;          // one line an event, where it was asked for
};

/// The same plan and seed: the same outcome and log, byte for byte.
ChaosOutcome run_chaos(const FaultPlan& plan, std::uint64_t seed, bool log = false);

/// Which runs of a plan, and how many of them at a time.
struct ChaosSeeds {
  std::uint64_t first = 1;
  int count = 1;  // of seeds from the first on
  int threads = 1;
};

/// Called after each run, from one thread at a time: the plan's index, the outcome, runs done so
/// far. Returns whether to go on.
using ChaosProgress =
    std::function<bool(std::size_t plan, const ChaosOutcome& outcome, std::size_t done)>;

/// outcomes[plan] is by seed, and the same for any number of threads. Where progress ends the work
/// early, the runs that did not take place are left out.
std::vector<std::vector<ChaosOutcome>> run_chaos_seeds(const std::vector<FaultPlan>& plans,
                                                       const ChaosSeeds& seeds,
                                                       const ChaosProgress& progress = {});

/// What shrink_plan() found.
struct ShrunkPlan {
  FaultPlan plan;  // breaks the invariant, and without any one of its faults does not
  ChaosOutcome outcome;
  int runs = 0;  // that it took
};

/// A least set of faults with which the seed still breaks the same invariant, by delta debugging
/// (Zeller and Hildebrandt 2002, "Simplifying and isolating failure-inducing input"). None where
/// the plan breaks nothing. `progress` hears of every smaller plan: faults left, runs so far.
std::optional<ShrunkPlan> shrink_plan(const FaultPlan& plan, std::uint64_t seed,
                                      const std::function<void(std::size_t, int)>& progress = {});

}  // namespace starling
