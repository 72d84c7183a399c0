// The star schema of the history: tables, views, and files of earlier versions brought up to date.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "sql/database.h"

namespace starling::history {

/// Raised with every change of the tables; an older file is migrated, a newer one is refused.
inline constexpr int kSchemaVersion = 5;

/// Creates what is missing of tables and views, migrating an older file in one transaction, so that
/// it is of the old version or of this one whatever happens. Errors: a file of a newer version.
Status create_schema(sql::Connection& connection);

/// The views that people query, which are also what can be exported.
std::vector<std::string> exportable_views();

}  // namespace starling::history
