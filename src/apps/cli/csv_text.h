// Answers as CSV for programs: exact numbers, empty cells where there is nothing (RFC 4180).
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace starling::cli {

/// One line a row, a cell in quotes where it has to be.
std::string csv_text(const std::vector<std::vector<std::string>>& rows);

/// Of what POST /v1/query answers: a line of the columns' names, then the rows.
std::string query_csv(const nlohmann::json& result);

}  // namespace starling::cli
