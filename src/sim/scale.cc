#include "sim/scale.h"

#include <malloc.h>

#include <algorithm>
#include <cmath>

#include "base/nearest_rank.h"
#include "sim/scale_fleet.h"

namespace starling {
namespace {

constexpr Duration kWarmUp = 15s;
constexpr Duration kWatched = 15s;  // after deaths

double bytes_in_use() { return static_cast<double>(mallinfo2().uordblks); }

/// Steps the fleet on and tells of it.
class Run {
 public:
  Run(const ScaleSetup& setup, const std::function<bool(Duration, Duration)>& progress)
      : fleet(setup), progress_(progress) {}

  /// Until then, or the one that watches has had enough.
  bool until(Duration end) {
    while (fleet.now() < end) {
      fleet.step();
      if (progress_ && !progress_(fleet.now(), kWarmUp + kMeasured + 2 * kWatched)) return false;
    }
    return true;
  }
  /// From now until all models have live owners, and until those of the full agents have replicas.
  bool recover(std::optional<double>& owned, std::optional<double>& placed) {
    const Duration began = fleet.now();
    owned.reset();
    placed.reset();
    while (fleet.now() < began + kWatched) {
      if (!until(fleet.now() + 100ms)) return false;
      if (!owned && fleet.owned()) owned = seconds(fleet.now() - began);
      if (owned && !placed && fleet.placed()) placed = seconds(fleet.now() - began);
    }
    return true;
  }

  ScaleFleet fleet;

 private:
  const std::function<bool(Duration, Duration)>& progress_;
};

void take_figures(const ScaleFleet& fleet, ScaleOutcome& outcome) {
  const ScaleMeter& m = fleet.meter();
  outcome.decide_p50_ms = 1000 * nearest_rank(m.decisions_s, 0.5);
  outcome.decide_p99_ms = 1000 * nearest_rank(m.decisions_s, 0.99);
  outcome.tick_p50_ms = 1000 * nearest_rank(m.ticks_s, 0.5);
  outcome.tick_p99_ms = 1000 * nearest_rank(m.ticks_s, 0.99);
  const double each = seconds(kMeasured) * fleet.agents();
  outcome.messages_in = m.messages_in / each;
  outcome.messages_out = m.messages_out / each;
  outcome.bytes_in = m.bytes_in / each;
  outcome.bytes_out = m.bytes_out / each;
  for (const auto& [kind, bytes] : m.bytes_in_by_kind) {
    outcome.bytes_in_by_kind[kind] = bytes / each;
    const bool news = kind == "heartbeat" || kind == "beat" || kind == "change" || kind == "digest";
    if (news) outcome.heartbeat_bytes_in += bytes / each;
  }
  outcome.view_ms = 1000 * nearest_rank(m.accounts_s, 0.5);
}

}  // namespace

std::optional<ScaleOutcome> run_scale(const ScaleSetup& setup,
                                      const std::function<bool(Duration, Duration)>& progress) {
  Run run(setup, progress);
  ScaleOutcome outcome;
  outcome.nodes = setup.nodes;
  outcome.models = setup.nodes * setup.models_per_node;
  outcome.agents = run.fleet.agents();
  if (!run.until(kWarmUp)) return std::nullopt;
  outcome.joined_s = run.fleet.longest_tick_s();
  run.fleet.measure();
  if (!run.until(kWarmUp + kMeasured)) return std::nullopt;
  take_figures(run.fleet, outcome);
  run.fleet.kill(run.fleet.some());
  if (!run.recover(outcome.reown_s, outcome.replace_s)) return std::nullopt;
  run.fleet.kill(run.fleet.region());
  if (!run.recover(outcome.region_reown_s, outcome.region_replace_s)) return std::nullopt;
  // What goes when an agent goes is what it held.
  const double before = bytes_in_use();
  run.fleet.drop_agents();
  outcome.memory_bytes = (before - bytes_in_use()) / outcome.agents;
  return outcome;
}

}  // namespace starling
