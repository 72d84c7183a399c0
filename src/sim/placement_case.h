// A placement problem: unlike nodes, models with what each replica is worth, and what a placement
// of them is worth in all.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/rng.h"
#include "control/placement.h"
#include "manifest/model_spec.h"

namespace starling {

/// A model of the problem.
struct PlacedModel {
  ModelSpec spec;              // its name, resources, spread and models to be kept apart
  PlacementQuery query;        // of a replica
  std::vector<double> worth;   // money an hour that the first, second … replica earns, falling
  double reference_price = 0;  // of one replica, in the mean over the nodes that could hold it
};

/// The problem; all prices and worths are money an hour.
struct PlacementCase {
  std::vector<NodeInfo> nodes;
  std::vector<PlacedModel> models;
  PlacementOptions options;
};

/// Replicas by model, then node.
using Placement = std::vector<std::map<std::string, int>>;

/// What random_placement_case() is to be like.
struct PlacementShape {
  int nodes = 4;
  int models = 4;
  int replicas_max = 4;  // of a model
  double tightness = 1;  // CPU that all replicas would take, as a share of what there is
};

/// Nodes of three clouds with CPU, memory and partly GPUs, on demand or spot, at prices of their
/// own; models that want them in different proportions, with traffic from one or two clouds.
PlacementCase random_placement_case(const PlacementShape& shape, Rng& rng);

/// What one model's replicas earn less what they cost where they are, an hour.
double value_of(const PlacementCase& problem, std::size_t model,
                const std::map<std::string, int>& counts);
/// The same of all models together.
double value_of(const PlacementCase& problem, const Placement& placement);

/// Whether no node is over-committed and no two models share one that keep apart.
bool feasible(const PlacementCase& problem, const Placement& placement);
/// Whether the two keep apart, whichever of both says so.
bool kept_apart(const ModelSpec& a, const ModelSpec& b);

}  // namespace starling
