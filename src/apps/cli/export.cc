// starling export: the history of the nodes as Parquet files, on the nodes themselves.
#include <cstdio>
#include <map>

#include "apps/cli/commands.h"
#include "base/nearest.h"
#include "base/table.h"

namespace starling::cli {
namespace {

using Json = nlohmann::json;

constexpr Duration kPatience = 6min;  // a node gives up by itself after five

struct ExportOptions {
  Common common;
  std::vector<std::string> tables;
  std::string since;
  std::string until;
  std::string node;
};

std::vector<FleetNode> nodes_of(const Fleet& fleet, const std::string& name) {
  if (name.empty()) return fleet.nodes;
  std::vector<std::string> names;
  for (const auto& node : fleet.nodes) {
    if (node.name == name) return {node};
    names.push_back(node.name);
  }
  stop_with({ErrorCode::kNotFound,
             fmt::format("there is no node '{}'{}", name, did_you_mean(name, names))});
}

Json request_of(const ExportOptions& options) {
  Json request = Json::object();
  if (!options.tables.empty()) request["tables"] = options.tables;
  if (!options.since.empty()) request["since"] = options.since;
  if (!options.until.empty()) request["until"] = options.until;
  return request;
}

/// One line a node and table: how many days, rows and bytes.
void add_lines(Table& table, const Json& answer, const std::string& node) {
  struct Sum {
    std::int64_t days = 0, rows = 0, bytes = 0;
  };
  std::map<std::string, Sum> sums;
  for (const Json& file : answer["files"]) {
    Sum& sum = sums[file["table"].get<std::string>()];
    ++sum.days;
    sum.rows += file["rows"].get<std::int64_t>();
    sum.bytes += file["bytes"].get<std::int64_t>();
  }
  for (const auto& [name, sum] : sums) {
    table.add({node, name, std::to_string(sum.days), std::to_string(sum.rows),
               std::to_string(sum.bytes), answer["directory"].get<std::string>() + "/" + name});
  }
}

void run_export(const ExportOptions& options) {
  const Fleet fleet = fleet_of(options.common);
  Table table({"NODE", "TABLE", ">DAYS", ">ROWS", ">BYTES", "DIRECTORY"});
  Json exports = Json::array();
  bool failed = false;
  for (const FleetNode& node : nodes_of(fleet, options.node)) {
    Fleet one = fleet;
    one.nodes = {node};
    auto answer = one.call("POST", "/v1/export", request_of(options), kPatience);
    if (!answer) {
      fmt::print(stderr, "starling: node {}: {}\n", node.name, answer.error().message);
      failed = true;
      // What one node says of a wrong request all would say.
      if (answer.error().code == ErrorCode::kInvalid || answer.error().code == ErrorCode::kNotFound)
        break;
      continue;
    }
    add_lines(table, *answer, node.name);
    (*answer)["node"] = node.name;
    exports.push_back(std::move(*answer));
  }
  if (options.common.output == "json") {
    fmt::print("{}\n", Json{{"exports", exports}}.dump(2));
  } else if (!exports.empty()) {
    fmt::print("{}", table.text("nothing to export in that time"));
  }
  if (failed) throw Failed{};
}

}  // namespace

void add_export_command(CLI::App& app) {
  auto* command = app.add_subcommand(
      "export", "The history as Parquet files, a folder a table and day, on each node");
  auto options = std::make_shared<ExportOptions>();
  command
      ->add_option("--tables", options->tables,
                   "Views of the history; default: usage_hour, latency_hour, cost_hour, "
                   "health_hour, decision")
      ->delimiter(',');
  command->add_option("--since", options->since,
                      "A duration back from now, or a time in UTC; default: everything. Days are "
                      "written whole");
  command->add_option("--until", options->until, "Likewise");
  command->add_option("--node", options->node, "Only this one; default: all nodes, each its own");
  add_common(*command, options->common);
  command->footer(
      "Each node writes below `export` in its data folder: TABLE/day=YYYY-MM-DD/NODE.parquet.\n"
      "Examples:\n"
      "  starling export --since 7d --tables usage,cost\n"
      "  starling export --node aws-1 --since 2026-01-01 --until 2026-02-01 -o json\n");
  command->callback([options] { run_export(*options); });
}

}  // namespace starling::cli
