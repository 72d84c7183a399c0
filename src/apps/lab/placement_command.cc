// starling-lab placement: bidding against the exact optimum and against what people use elsewhere.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/lab/commands.h"
#include "apps/lab/fleet_commands.h"
#include "apps/lab/long_run.h"
#include "apps/lab/output_option.h"
#include "apps/lab/study_output.h"
#include "base/seed_mean.h"
#include "base/table.h"
#include "sim/placement_bidding.h"
#include "sim/placement_optimum.h"

namespace starling::lab {
namespace {

using Json = nlohmann::json;

constexpr int kNodesExactMax = 5;  // beyond, the optimum takes too long to find
constexpr int kModelsExactMax = 4;

struct PlacementArguments {
  std::vector<int> nodes{4, 100};
  int models = 0;
  int seeds = 10;
  std::uint64_t first_seed = 1;
  double tightness = 1;
  std::string output = "table";
};

/// One method over the cases of a size.
struct PlacementRow {
  int nodes = 0;
  int models = 0;
  std::string method;
  std::string against;  // what `shares` are of: "optimum" or "bound"
  std::vector<double> values;
  std::vector<double> shares;
  int decisions = 0;
  int messages = 0;
  int messages_most = 0;

  double messages_a_decision() const {
    return decisions > 0 ? static_cast<double>(messages) / decisions : 0;
  }
};

/// All methods on one case.
void add_case(std::vector<PlacementRow>& rows, const PlacementCase& problem, const Rng& rng,
              bool exact) {
  const double most = exact ? value_of(problem, optimal_placement(problem)) : value_bound(problem);
  const auto add = [&](PlacementRow& row, const Placement& placement) {
    const double value = value_of(problem, placement);
    row.values.push_back(value);
    if (most > 0) row.shares.push_back(value / most);
  };
  const BiddingOutcome bid = place_by_bidding(problem, rng);
  add(rows[0], bid.placement);
  rows[0].decisions += bid.decisions;
  rows[0].messages += bid.messages;
  rows[0].messages_most = std::max(rows[0].messages_most, bid.messages_most);
  add(rows[1], heuristic_placement(problem, Heuristic::kBestFit));
  add(rows[2], heuristic_placement(problem, Heuristic::kSpread));
}

std::vector<PlacementRow> rows_of(const PlacementArguments& a, int nodes) {
  PlacementShape shape;
  const bool small = nodes <= kNodesExactMax;
  shape.nodes = nodes;
  shape.models = a.models > 0 ? a.models : small ? kModelsExactMax : nodes;
  shape.replicas_max = small ? 4 : 6;
  shape.tightness = a.tightness;
  const bool exact = small && shape.models <= kModelsExactMax;
  std::vector<PlacementRow> rows;
  for (const auto* method : {"bidding", "best-fit", "spread"})
    rows.push_back({nodes, shape.models, method, exact ? "optimum" : "bound", {}, {}});
  ProgressLine line;
  for (int i = 0; i < a.seeds && !interrupted(); ++i) {
    if (line.due()) line.show(fmt::format("{} nodes: case {} of {}", nodes, i + 1, a.seeds));
    Rng rng(a.first_seed + static_cast<std::uint64_t>(i));
    add_case(rows, random_placement_case(shape, rng), rng.split(1), exact);
  }
  line.clear();
  return rows;
}

std::string table_of(const std::vector<PlacementRow>& rows) {
  Table table({">NODES", ">MODELS", "METHOD", ">VALUE/H", ">SHARE", "OF THE", ">WORST",
               ">MESSAGES/DECISION", ">MOST"});
  for (const auto& row : rows) {
    const SeedMean share = seed_mean(row.shares);
    const auto worst = std::min_element(row.shares.begin(), row.shares.end());
    const bool sends = row.decisions > 0;
    table.add({std::to_string(row.nodes), std::to_string(row.models), row.method,
               fmt::format("{:.3f}", seed_mean(row.values).mean),
               fmt::format("{:.2f}±{:.2f} %", 100 * share.mean, 100 * share.half_width),
               row.against, worst == row.shares.end() ? "-" : fmt::format("{:.2f} %", 100 * *worst),
               sends ? fmt::format("{:.1f}", row.messages_a_decision()) : "-",
               sends ? std::to_string(row.messages_most) : "-"});
  }
  return table.text();
}

Json json_of(const std::vector<PlacementRow>& rows) {
  Json list = Json::array();
  for (const auto& row : rows) {
    list.push_back({{"nodes", row.nodes},
                    {"models", row.models},
                    {"method", row.method},
                    {"value_per_hour", row.values},
                    {"against", row.against},
                    {"shares", row.shares},
                    {"share_mean", seed_mean(row.shares).mean},
                    {"decisions", row.decisions},
                    {"messages", row.messages},
                    {"messages_a_decision", row.messages_a_decision()},
                    {"messages_most", row.messages_most}});
  }
  return {{"rows", list}};
}

void run_placement_command(const PlacementArguments& a) {
  note_interrupts();
  std::vector<PlacementRow> rows;
  for (const int nodes : a.nodes) {
    for (auto& row : rows_of(a, nodes)) rows.push_back(std::move(row));
  }
  end_with(a.output, "cases that were run", rows, json_of, table_of);
}

}  // namespace

void add_placement_command(CLI::App& app) {
  auto arguments = std::make_shared<PlacementArguments>();
  PlacementArguments& a = *arguments;
  CLI::App* placement = app.add_subcommand(
      "placement", "Compare placement by bidding with the exact optimum and with heuristics");
  placement->add_option("--nodes", a.nodes, "Sizes of fleets, comma separated")
      ->delimiter(',')
      ->check(CLI::Range(2, 2000))
      ->capture_default_str();
  placement
      ->add_option("--models", a.models, "Models; 0: 4 on up to 5 nodes, else as many as nodes")
      ->check(CLI::Range(0, 5000))
      ->capture_default_str();
  placement->add_option("--seeds", a.seeds, "Random cases of each")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  placement->add_option("--first-seed", a.first_seed, "The first of them")->capture_default_str();
  placement
      ->add_option("--tightness", a.tightness,
                   "CPU that all wanted replicas would take, as a share of what there is")
      ->check(CLI::Range(0.1, 10.0))
      ->capture_default_str();
  add_output_option(*placement, a.output);
  placement->footer(
      "Up to 5 nodes and 4 models the share is of the exact optimum (branch and bound), beyond of "
      "what the models\nwould be worth if each had the fleet to itself, which no placement "
      "reaches. docs/policies.md says more.\n"
      "Examples:\n"
      "  starling-lab placement\n"
      "  starling-lab placement --nodes 4 --seeds 100 --tightness 1.5 -o json\n");
  placement->callback([arguments] { run_placement_command(*arguments); });
}

}  // namespace starling::lab
