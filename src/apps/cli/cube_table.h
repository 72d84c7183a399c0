// The answer to a cube as a table for people and as CSV for programs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace starling::cli {

/// A heading for each pivot column and measure, in the order of the values: "12:00 cost", "total".
std::vector<std::string> cube_headings(const nlohmann::json& answer);
/// One key for people: "all" for null, times without zero seconds or midnight.
std::string cube_key(const nlohmann::json& key);

/// Rows with their keys ("all" for a subtotal), numbers to four digits, "-" where there is nothing.
std::string cube_table(const nlohmann::json& answer);
/// The same with exact numbers and empty cells (RFC 4180).
std::string cube_csv(const nlohmann::json& answer);

/// All measures and dimensions with what they mean, from /v1/cube/measures.
std::string cube_catalogue(const nlohmann::json& catalogue);

}  // namespace starling::cli
