#include "history/query_guard.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "base/nearest.h"
#include "history/known_tables.sql.h"

namespace starling::history {
namespace {

using Json = nlohmann::json;

// Of DuckDB's own table functions some change settings, run texts as SQL, read files or follow raw
// pointers, so what is not known to be harmless is refused.
constexpr std::array<std::string_view, 10> kAllowedTableFunctions{
    "range",         "generate_series",   "unnest",       "repeat",   "json_each", "duckdb_columns",
    "duckdb_tables", "pragma_table_info", "duckdb_views", "json_tree"};

/// Scalar functions that change something, or tell of the machine, though they stand in a SELECT.
constexpr std::array<std::string_view, 6> kRefusedFunctions{
    "write_log", "nextval", "set_config", "setseed", "getenv", "current_setting"};

/// What DuckDB's SHOW stands on.
constexpr std::array<std::string_view, 4> kShowTables{"\"tables\"", "\"databases\"",
                                                      "__show_tables_expanded", "\"variables\""};

template <std::size_t size>
bool contains(const std::array<std::string_view, size>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string text_at(const Json& tree, const char* key) {
  const auto found = tree.find(key);
  return found != tree.end() && found->is_string() ? lower(found->get<std::string>()) : "";
}

/// The first function that a parsed statement may not call, or nothing.
std::optional<std::string> refused_function(const Json& tree, bool in_from = false) {
  if (!tree.is_structured()) return std::nullopt;
  if (tree.is_object()) {
    const std::string name = text_at(tree, "function_name");
    const bool refused =
        in_from ? !contains(kAllowedTableFunctions, name) : contains(kRefusedFunctions, name);
    if (!name.empty() && refused) return name;
  }
  const bool is_table_function = tree.is_object() && text_at(tree, "type") == "table_function";
  for (const auto& [key, child] : tree.items()) {
    if (auto name = refused_function(child, is_table_function && key == "function")) return name;
  }
  return std::nullopt;
}

/// Names that the statement gives to its own subqueries. Only plain ones count: one that looks like
/// a file would be taken for that file outside of its scope.
void collect_own_names(const Json& tree, std::set<std::string>& names) {
  if (!tree.is_structured()) return;
  if (tree.is_object() && tree.contains("cte_map")) {
    for (const Json& entry : tree["cte_map"].value("map", Json::array())) {
      const std::string name = text_at(entry, "key");
      if (name.find_first_of("./:*?[") == std::string::npos) names.insert(name);
    }
  }
  for (const Json& child : tree) collect_own_names(child, names);
}

/// The first table that is neither the database's nor the statement's own, or nothing.
std::optional<std::string> unknown_table(const Json& tree, const std::set<std::string>& database,
                                         const std::set<std::string>& own) {
  if (!tree.is_structured()) return std::nullopt;
  if (tree.is_object()) {
    const std::string type = text_at(tree, "type");
    const std::string name = text_at(tree, "table_name");
    const bool is_own = own.contains(name) && text_at(tree, "schema_name").empty() &&
                        text_at(tree, "catalog_name").empty();
    if (type == "base_table" && !database.contains(name) && !is_own) return name;
    const bool is_shown = name.empty() || contains(kShowTables, name) || database.contains(name);
    if (type == "show_ref" && !is_shown) return name;
  }
  for (const Json& child : tree) {
    if (auto name = unknown_table(child, database, own)) return name;
  }
  return std::nullopt;
}

Result<std::set<std::string>> tables_of(sql::Connection& connection) {
  auto rows = connection.query(std::string(kKnownTablesSql));
  if (!rows) return fail(rows.error());
  std::set<std::string> names;
  for (;;) {
    auto chunk = rows->next();
    if (!chunk) return fail(chunk.error());
    if (!*chunk) return names;
    for (std::size_t i = 0; i < (*chunk)->rows(); ++i) names.emplace((*chunk)->text(i, 0));
  }
}

Status check_tables(sql::Connection& connection, const Json& tree) {
  const auto database = tables_of(connection);
  if (!database) return fail(database.error());
  std::set<std::string> own;
  collect_own_names(tree, own);
  const auto name = unknown_table(tree, *database, own);
  if (!name) return {};
  return fail(ErrorCode::kInvalid, "the history has no table '{}'{}: SHOW TABLES lists them", *name,
              did_you_mean(*name, {database->begin(), database->end()}));
}

}  // namespace

Status check_statement(sql::Connection& connection, const std::string& statement) {
  auto rows = connection.query("SELECT json_serialize_sql($1::VARCHAR)::VARCHAR", {statement});
  if (!rows) return fail(rows.error());
  auto chunk = rows->next();
  if (!chunk) return fail(chunk.error());
  const auto tree = Json::parse((*chunk)->text(0, 0), nullptr, /*allow_exceptions=*/false);
  if (!tree.is_object() || tree.value("error", true)) {
    const std::string reason = tree.is_object() ? tree.value("error_message", "") : "";
    if (reason.starts_with("Only SELECT")) {
      return fail(
          ErrorCode::kInvalid,
          "only a SELECT is allowed here (a PIVOT must name its values: ON model IN ('a', 'b'))");
    }
    return fail(ErrorCode::kInvalid, "not a SELECT that can be checked: {}", reason);
  }
  if (!tree.contains("statements") || tree["statements"].size() != 1) {
    return fail(ErrorCode::kInvalid, "exactly one SELECT is allowed here");
  }
  if (const auto name = refused_function(tree)) {
    return fail(ErrorCode::kInvalid, "{}() is not allowed here: the history is read-only", *name);
  }
  return check_tables(connection, tree);
}

}  // namespace starling::history
