// The answer to a cube as a Parquet file, one row a cell of the table.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/result.h"

namespace starling::cli {

/// Columns: the row and column dimensions (times as TIMESTAMP, null for a subtotal), then the
/// measures as DOUBLE. A program of its own writes it, so that this one need not load the database.
/// Errors: that program's words.
Status write_parquet(const nlohmann::json& answer, const std::string& file);

}  // namespace starling::cli
