#include "apps/cli/csv_text.h"

#include <fmt/format.h>

#include "base/csv.h"

namespace starling::cli {
namespace {

/// Every digit that a number has; lists and structs as JSON.
std::string exact_text(const nlohmann::json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  return value.is_number_float() ? fmt::format("{}", value.get<double>()) : value.dump();
}

}  // namespace

std::string csv_text(const std::vector<std::vector<std::string>>& rows) {
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (const auto& cell : row) line += (&cell == row.data() ? "" : ",") + csv_cell(cell);
    text += line + "\n";
  }
  return text;
}

std::string query_csv(const nlohmann::json& result) {
  std::vector<std::vector<std::string>> rows{result.at("columns").get<std::vector<std::string>>()};
  for (const auto& row : result.at("rows")) {
    std::vector<std::string> cells;
    for (const auto& value : row) cells.push_back(exact_text(value));
    rows.push_back(std::move(cells));
  }
  return csv_text(rows);
}

}  // namespace starling::cli
