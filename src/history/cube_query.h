// A cube's partial aggregates from one node's history.
#pragma once

#include <stop_token>

#include "base/result.h"
#include "history/cube_partial.h"

namespace starling::sql {
class Database;
}

namespace starling::history {

/// Answers from one state of the history: all facts are read in one transaction. Errors: kTooLarge
/// for more groups than the limits allow or more memory than the database has, kTimeout. Any
/// thread.
Result<CubePartial> run_cube(const sql::Database& database, const Cube& cube,
                             const CubeLimits& limits, std::stop_token stop = {});

}  // namespace starling::history
