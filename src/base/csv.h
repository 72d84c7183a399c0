// Cells of CSV lines (RFC 4180).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace starling {

/// The cells of one line: a quoted one may hold delimiters, and quotes that are doubled.
std::vector<std::string> csv_cells(std::string_view line, char delimiter = ',');

/// The text as a cell, in quotes where a comma, a quote or a line's end would break the row.
std::string csv_cell(std::string_view text);

}  // namespace starling
