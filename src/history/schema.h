// The star schema of the history.
#pragma once

#include "base/result.h"
#include "sql/database.h"

namespace starling::history {

/// Raised with every change of the tables; a file of another version is refused, not guessed at.
inline constexpr int kSchemaVersion = 1;

/// Creates what is missing of tables and views. Errors: a file of another schema version.
Status create_schema(sql::Connection& connection);

}  // namespace starling::history
