#include "sim/placement_case.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"
#include "control/ledger.h"
#include "control/resources.h"
#include "sim/node_name.h"

namespace starling {
namespace {

const char* any_cloud(Rng& rng) {
  constexpr const char* kClouds[] = {"aws", "gcp", "azure"};
  return kClouds[rng.below(3)];
}

NodeInfo any_node(int number, Rng& rng) {
  constexpr double kSpotDiscount = 0.4;
  NodeInfo node;
  node.name = node_name(number);
  node.cloud = any_cloud(rng);
  node.region = "r";
  node.zone = rng.uniform() < 0.5 ? "a" : "b";
  node.cpu_millis = 2000 * (1 + static_cast<std::int64_t>(rng.below(4)));
  node.memory_bytes = node.cpu_millis / 1000 * kGiB * (rng.uniform() < 0.5 ? 2 : 6);
  node.price_per_cpu_hour = rng.uniform(0.025, 0.06);
  node.price_per_gib_hour = rng.uniform(0.003, 0.008);
  if (rng.uniform() < 0.4) {
    node.gpus = 1 + static_cast<std::int64_t>(rng.below(2));
    node.price_per_gpu_hour = rng.uniform(0.4, 1);
  }
  if (rng.uniform() < 0.3) {
    node.node_class = NodeClass::kSpot;
    for (double* price :
         {&node.price_per_cpu_hour, &node.price_per_gib_hour, &node.price_per_gpu_hour})
      *price *= kSpotDiscount;
  }
  return node;
}

PlacedModel any_model(int number, int replicas_max, Rng& rng) {
  PlacedModel model;
  ModelSpec& spec = model.spec;
  spec.name = fmt::format("m{:03}", number);
  spec.resources = {250 * (1 + static_cast<std::int64_t>(rng.below(10))),
                    kGiB / 2 * (1 + static_cast<std::int64_t>(rng.below(12))),
                    rng.uniform() < 0.2 ? 1 : 0};
  spec.spread = rng.uniform() < 0.6   ? Spread::kZone
                : rng.uniform() < 0.5 ? Spread::kCloud
                                      : Spread::kNone;
  spec.replicas = {0, replicas_max};
  PlacementQuery& query = model.query;
  query.spread = spec.spread;
  query.size = spec.resources;
  query.load = rng.uniform(0.2, 0.8);
  query.slo = Duration(static_cast<std::int64_t>(rng.uniform(60e3, 300e3)));
  query.service = {seconds(query.slo) * rng.uniform(0.2, 0.6), rng.uniform(0.1, 1)};
  query.cold_start = Duration(static_cast<std::int64_t>(rng.uniform(1e6, 60e6)));
  const double share = rng.uniform(0.5, 1);
  query.origins[any_cloud(rng)] += share;
  query.origins[any_cloud(rng)] += 1 - share;
  return model;
}

/// Worth of the first replica some times its price, falling from one to the next.
void add_worth(PlacedModel& model, const std::vector<NodeInfo>& nodes, Rng& rng) {
  double sum = 0;
  int holding = 0;
  for (const NodeInfo& node : nodes) {
    if (!fits(model.spec.resources, node.capacity())) continue;
    sum += price_per_hour(node, model.spec.resources);
    ++holding;
  }
  model.reference_price = holding > 0 ? sum / holding : 1;
  double worth = model.reference_price * rng.uniform(1.5, 10);
  const double falling = rng.uniform(0.4, 0.95);
  for (int i = 0; i < model.spec.replicas.max; ++i, worth *= falling) model.worth.push_back(worth);
}

}  // namespace

PlacementCase random_placement_case(const PlacementShape& shape, Rng& rng) {
  PlacementCase problem;
  problem.options.crowding = 0.3;  // a price, not a rule: where it bites depends on the case
  problem.options.latency = {{"aws", {{"gcp", 15ms}, {"azure", 60ms}}}, {"gcp", {{"azure", 40ms}}}};
  std::int64_t cpu = 0;
  for (int i = 0; i < shape.nodes; ++i) {
    problem.nodes.push_back(any_node(i, rng));
    cpu += problem.nodes.back().cpu_millis;
  }
  double wanted = 0;
  for (int i = 0; i < shape.models; ++i) {
    problem.models.push_back(any_model(i, shape.replicas_max, rng));
    wanted +=
        static_cast<double>(problem.models.back().spec.resources.cpu_millis) * shape.replicas_max;
  }
  // So that all replicas together take the share of the CPUs that was asked for.
  const double scale = shape.tightness * static_cast<double>(cpu) / std::max(1.0, wanted);
  for (PlacedModel& model : problem.models) {
    auto& millis = model.spec.resources.cpu_millis;
    millis = std::clamp<std::int64_t>(
        static_cast<std::int64_t>(static_cast<double>(millis) * scale), 50, 8000);
    model.query.size = model.spec.resources;
    add_worth(model, problem.nodes, rng);
  }
  if (shape.models > 1 && rng.uniform() < 0.5)
    problem.models[0].spec.anti_affinity = {problem.models[1].spec.name};
  return problem;
}

double value_of(const PlacementCase& problem, std::size_t index,
                const std::map<std::string, int>& counts) {
  const PlacedModel& model = problem.models[index];
  double value = 0;
  std::size_t placed = 0;
  std::map<std::string, int> in_place;
  for (const NodeInfo& node : problem.nodes) {
    const auto found = counts.find(node.name);
    for (int i = 0; found != counts.end() && i < found->second; ++i) {
      PlacementOffer offer{node, price_per_hour(node, model.spec.resources), true, Resources{0, 0},
                           0};
      offer.in_place = in_place[place_of(node, model.query.spread)]++;
      value -= placement_cost(model.query, offer, model.reference_price, problem.options).total();
      if (placed < model.worth.size()) value += model.worth[placed];
      ++placed;
    }
  }
  return value;
}

double value_of(const PlacementCase& problem, const Placement& placement) {
  double value = 0;
  for (std::size_t m = 0; m < placement.size(); ++m) value += value_of(problem, m, placement[m]);
  return value;
}

bool kept_apart(const ModelSpec& a, const ModelSpec& b) {
  const auto names = [](const ModelSpec& one, const ModelSpec& other) {
    const auto& apart = one.anti_affinity;
    return std::find(apart.begin(), apart.end(), other.name) != apart.end();
  };
  return names(a, b) || names(b, a);
}

bool feasible(const PlacementCase& problem, const Placement& placement) {
  for (const NodeInfo& node : problem.nodes) {
    Resources used{0, 0};
    std::vector<const ModelSpec*> here;
    for (std::size_t m = 0; m < placement.size(); ++m) {
      const auto found = placement[m].find(node.name);
      if (found == placement[m].end() || found->second == 0) continue;
      const ModelSpec& spec = problem.models[m].spec;
      used = sum(used, times(spec.resources, found->second));
      for (const ModelSpec* other : here) {
        if (kept_apart(spec, *other)) return false;
      }
      here.push_back(&spec);
    }
    if (!fits(used, node.capacity())) return false;
  }
  return true;
}

}  // namespace starling
