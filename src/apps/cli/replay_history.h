// A fleet's history, as its nodes tell it, put together for a replay.
#pragma once

#include <string>
#include <vector>

#include "apps/cli/fleet.h"
#include "apps/cli/replay_sql.h"
#include "sim/recorded.h"

namespace starling::cli {

struct RecordedHistory {
  ReplaySpan span;
  Recorded recorded;
  std::vector<std::string> idle;  // models left out: no request came for them
  nlohmann::json missing;         // [{"node", "reason"}]: whose history is not in it
};

/// Asks every node for its part of the span. `models`: those to replay, none for all that are
/// applied now. Errors: no agent answers, an unknown model (with the nearest name), one that had no
/// request, no history in the span.
Result<RecordedHistory> recorded_history(const Fleet& fleet, TimePoint since, TimePoint until,
                                         const std::vector<std::string>& models);

/// The finest tier that begins as early as the coarser ones do, up to a step of theirs, and ends
/// where it or `until` does; `answers` are rows of coverage_sql, a node each. Costs come in records
/// of some seconds, so that the newest seconds may have none yet: the span ends before them.
/// Errors: no record at all.
Result<ReplaySpan> span_of(const std::vector<nlohmann::json>& answers, TimePoint until);

/// Nodes of GET /v1/nodes that are there.
std::vector<ScenarioNode> scenario_nodes(const nlohmann::json& nodes);

/// What a model's rows add up to over the nodes: each takes one node's answer.
void add_demand(const nlohmann::json& rows, std::vector<double>& demand);
void add_usage(const nlohmann::json& rows, Recorded& recorded);
void add_latency(const nlohmann::json& rows, Recorded& recorded);
void add_cost(const nlohmann::json& rows, Recorded& recorded);
void add_starts(const nlohmann::json& rows, Recorded& recorded);
/// All nodes' at once: of the service times the mean, of the replicas those of the first decision.
void add_decisions(const std::vector<nlohmann::json>& answers, Recorded& recorded);

}  // namespace starling::cli
