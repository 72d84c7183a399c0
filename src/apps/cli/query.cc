// starling query: read-only SQL over a node's history.
#include <algorithm>
#include <cstdio>

#include "apps/cli/commands.h"
#include "apps/cli/csv_text.h"
#include "base/nearest.h"
#include "base/table.h"

namespace starling::cli {
namespace {

using Json = nlohmann::json;

struct QueryOptions {
  Common common;
  std::string sql;
  std::string node;
  int limit = 1000;
};

std::string cell(const Json& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) return fmt::format("{:.6g}", value.get<double>());
  return value.dump();
}

std::string query_table(const Json& result) {
  const Json& rows = result.at("rows");
  std::vector<std::string> heads;
  for (std::size_t i = 0; i < result.at("columns").size(); ++i) {
    const bool numeric = !rows.empty() && rows[0][i].is_number();
    heads.push_back((numeric ? ">" : "") + result.at("columns")[i].get<std::string>());
  }
  Table table(heads);
  for (const auto& row : rows) {
    std::vector<std::string> cells;
    for (const auto& value : row) cells.push_back(cell(value));
    table.add(cells);
  }
  return table.text("no rows");
}

void run_query(const QueryOptions& options) {
  Fleet fleet = fleet_of(options.common);
  if (!options.node.empty()) {
    std::vector<std::string> names;
    for (const auto& node : fleet.nodes) names.push_back(node.name);
    std::erase_if(fleet.nodes, [&](const FleetNode& node) { return node.name != options.node; });
    if (fleet.nodes.empty()) {
      stop_with({ErrorCode::kNotFound, fmt::format("there is no node '{}'{}", options.node,
                                                   did_you_mean(options.node, names))});
    }
  }
  const auto result =
      fleet.call("POST", "/v1/query", Json{{"sql", options.sql}, {"limit", options.limit}}, 30s);
  if (!result) stop_with(result.error());
  if (options.common.output == "json") return fmt::print("{}\n", result->dump(2));
  fmt::print("{}", options.common.output == "csv" ? query_csv(*result) : query_table(*result));
  if ((*result).at("truncated").get<bool>())
    fmt::print(stderr, "only the first {} rows: ask for more with --limit\n", options.limit);
}

}  // namespace

void add_query_command(CLI::App& app) {
  auto* command =
      app.add_subcommand("query", "Read-only SQL (DuckDB) over the history of one node");
  auto options = std::make_shared<QueryOptions>();
  command->add_option("sql", options->sql, "One SELECT; SHOW TABLES lists the tables")->required();
  command->add_option("--node", options->node,
                      "Whose history; default: the first node that answers");
  command->add_option("--limit", options->limit, "At most so many rows")
      ->check(CLI::Range(1, 10000));
  add_common(*command, options->common, {"table", "json", "csv"});
  command->footer(
      "Examples:\n"
      "  starling query 'SELECT model, sum(arrivals) AS requests FROM usage GROUP BY model'\n"
      "  starling query \"SELECT minute, max(p99_ms) FROM latency_percentiles WHERE model = "
      "'digits' GROUP BY 1 ORDER BY 1\"\n"
      "  starling query 'SELECT * FROM decision' --limit 10000 -o csv > decisions.csv\n");
  command->callback([options] { run_query(*options); });
}

}  // namespace starling::cli
