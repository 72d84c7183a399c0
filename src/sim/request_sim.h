// A request-level simulation of a scenario: many models, their policies, one capacity.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "forecast/forecaster.h"
#include "policy/policy.h"
#include "sim/model_queue.h"
#include "sim/scenario.h"
#include "sim/timeline.h"

namespace starling {

/// What one model runs under.
struct ModelRun {
  std::unique_ptr<Policy> policy;
  int initial = 0;    // replicas that are ready at time 0
  bool sizes = true;  // a model whose sizing is `auto` has its replicas sized
};

/// What became of one model's requests, and what its replicas took.
struct ModelOutcome {
  std::string name;
  QueueTotals totals;
  double replica_s = 0;  // from each start until its capacity is free again, release included
  double core_s = 0;     // of CPU held, as long as the replicas
  double cost = 0;
  std::uint64_t replicas_lost = 0;  // by failures and evictions
  std::uint64_t scale_actions = 0;  // decisions that started or stopped at least one replica
  std::uint64_t size_changes = 0;   // decisions that gave replicas another size
  bool sized = false;               // whether they may
  int concurrency = 1;
  Admission admission = Admission::kQueue;
};

/// Runs the whole trace, then lets what is queued finish with the replicas that are left; requests
/// that nobody is left for are dropped. What admission control rejects is counted apart. One run a
/// model, in the scenario's order.
///
/// Mechanics, once every decision interval: each model's counts go into its history and, through
/// `forecaster` (null: no forecast), to its policy. Removals happen first. Additions beyond the
/// free capacity are granted one replica at a time to the model with the most offered load per
/// replica it would then have (d'Hondt's rule: in proportion to need), until nothing fits. A start
/// takes the cold start; with a replica of the same model still terminating, that one is taken back
/// in the warm start. A removed replica finishes what it serves and holds its capacity for
/// `release`, or until it is done. Routing delays add to latencies but do not reorder arrivals.
///
/// Between decisions replicas are lost: each ready one after an exponential time where the model
/// has failures, all of a node when it is evicted. Their room is free at once and what they had in
/// service waits again at the head of the queue, its latency counted from its arrival. Policies
/// learn of it by what is ready at the next decision. After the trace's end nothing fails.
///
/// Where a model's sizing is `auto`, each decision is followed by one of the replicas' size. Those
/// that are there take it in place, at once, where their node has room, else at a later decision.
///
/// Arrivals and service times come from streams of their own for each model: the same seed gives
/// every policy the same demand. Watching changes nothing. Errors: the forecaster's.
Result<std::vector<ModelOutcome>> simulate(const Scenario& scenario, std::vector<ModelRun> runs,
                                           const Forecaster* forecaster, std::uint64_t seed,
                                           const SimulationWatch& watch = {});

}  // namespace starling
