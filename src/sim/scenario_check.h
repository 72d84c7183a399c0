// Whether a scenario can be at all: what is refused before a replay, with the arithmetic.
#pragma once

#include <vector>

#include "manifest/fields.h"
#include "sim/scenario.h"

namespace starling {

/// An SLO that most requests would miss even if each were served at once; `slo` is the model's.
void check_slo(Fields& slo, const ScenarioModel& model);

/// More CPU in a request than its service time holds, more memory in use than a replica has, a size
/// to decide without either; `fields` are the model's.
void check_use(Fields& fields, bool by_replicas, const ScenarioModel& model);

/// Minima or initial replicas that the nodes have no room for, and replicas larger than every node.
void check_room(Fields& spec, std::vector<Fields>& models, const Scenario& scenario);

/// What the trace's length rules out, once the demand is read: starts and evictions beyond its end,
/// more requests or decisions than can be simulated.
void check_times(Fields& spec, std::vector<Fields>& models, const Scenario& scenario);

}  // namespace starling
