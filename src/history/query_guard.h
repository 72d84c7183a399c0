// Which SQL from users is let through: one SELECT over what the history has, and nothing that
// changes or reaches anything else.
#pragma once

#include <string>

#include "base/result.h"
#include "sql/database.h"

namespace starling::history {

/// Judges the statement by its syntax tree, before DuckDB looks up a single name in it. A function
/// in FROM must be known to be harmless, and a table must be one of the database: DuckDB would take
/// an unknown name for a file, and the export folder is open to it. Errors: kInvalid, with what is
/// not allowed.
Status check_statement(sql::Connection& connection, const std::string& statement);

}  // namespace starling::history
