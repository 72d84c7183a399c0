#include "sim/chaos.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "sim/fault_injector.h"
#include "sim/fault_workload.h"
#include "sim/invariants.h"

namespace starling {
namespace {

constexpr Duration kCheckEvery = 500ms;

WorldOptions world_options(const FaultPlan& plan, const FaultWorkload& workload, bool log) {
  WorldOptions options;
  options.nodes = plan.fleet.nodes;
  options.clouds = plan.fleet.clouds;
  options.node_size = plan.fleet.node_size;
  options.cold_start_min = plan.fleet.cold_start.low;
  options.cold_start_max = plan.fleet.cold_start.high;
  options.models = workload.models();
  options.demand = [&workload](std::size_t i, Duration since) { return workload.demand(i, since); };
  // The holds of a scale-down are minutes; with a fifth of them a run of minutes sees many.
  options.agent.owner.policy.guards.hold_scale = 0.2;
  options.log = log;
  return options;
}

}  // namespace

ChaosOutcome run_chaos(const FaultPlan& recipe, std::uint64_t seed, bool log) {
  const FaultPlan plan = draw_faults(recipe, seed);
  FaultWorkload workload(plan);
  World world(world_options(plan, workload, log), seed);
  FaultInjector injector(plan, world, workload);
  Invariants invariants(plan, world, workload, injector);
  world.watch(&invariants);
  const Duration calm = std::max(injector.last_end(), plan.warm_up);
  const Duration end = calm + plan.bounds.converge_within;
  Duration now{}, next_check = kCheckEvery;
  injector.advance(now);
  while (now < end && invariants.broken().empty()) {
    const Duration next = std::min({end, next_check, injector.next_change()});
    world.run_for(next - now);
    now = next;
    injector.advance(now);
    if (now < next_check && now < end) continue;
    invariants.check(now, now >= calm);
    next_check = now + kCheckEvery;
  }
  if (invariants.broken().empty()) invariants.check_converged(now);
  ChaosOutcome outcome;
  outcome.seed = seed;
  outcome.virtual_time = now;
  outcome.faults = static_cast<int>(plan.faults.size());
  outcome.starts = invariants.starts();
  if (const auto rested = invariants.rested_at()) outcome.rested = *rested - calm;
  if (!invariants.broken().empty()) {
    outcome.broken = invariants.broken().front();
    world.note("invariant", fmt::format("{} broken at {:.3f} s: {}", outcome.broken->invariant,
                                        seconds(outcome.broken->at), outcome.broken->detail));
  }
  outcome.log = world.event_log();
  return outcome;
}

std::vector<std::vector<ChaosOutcome>> run_chaos_seeds(const std::vector<FaultPlan>& plans,
                                                       const ChaosSeeds& seeds,
                                                       const ChaosProgress& progress) {
  const auto count = static_cast<std::size_t>(seeds.count);
  std::vector<std::vector<std::optional<ChaosOutcome>>> done(
      plans.size(), std::vector<std::optional<ChaosOutcome>>(count));
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> go_on = true;
  std::mutex telling;
  std::size_t told = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < plans.size() * count && go_on; i = next++) {
      const std::size_t plan = i / count, seed = i % count;
      auto& outcome = done[plan][seed];
      outcome = run_chaos(plans[plan], seeds.first + seed);
      if (!progress) continue;
      const std::lock_guard lock(telling);
      if (!progress(plan, *outcome, ++told)) go_on = false;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 1; i < seeds.threads; ++i) threads.emplace_back(work);
  work();
  for (auto& thread : threads) thread.join();
  std::vector<std::vector<ChaosOutcome>> outcomes(plans.size());
  for (std::size_t plan = 0; plan < plans.size(); ++plan) {
    for (auto& outcome : done[plan]) {
      if (outcome) outcomes[plan].push_back(std::move(*outcome));
    }
  }
  return outcomes;
}

}  // namespace starling
