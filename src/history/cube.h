// A question to the cube: which measures, by which dimensions, of which part and time.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "history/cube_dimensions.h"
#include "history/cube_filter.h"
#include "history/measures.h"

namespace starling::history {

struct Cube {
  std::vector<const Measure*> measures;
  std::vector<const Dimension*> rows;     // the table's lines …
  std::vector<const Dimension*> columns;  // … and its columns (the pivot); may be empty
  Filter filter;
  TimePoint since{};
  TimePoint until{};    // not included
  bool rollup = false;  // subtotals of the rows from the right, totals of the columns, the total
  std::int64_t limit = 1000;  // rows of the table

  /// Rows, then columns: what partial aggregates are grouped by.
  std::vector<const Dimension*> keys() const;
  /// The facts that the measures need, each once.
  std::vector<Fact> facts() const;
};

/// Reads a question such as
///
///     {"measures": ["cost", "p99_latency"], "rows": ["cloud", "model"], "columns": ["hour"],
///      "where": "tenant=demo", "since": "24h", "until": "2026-01-31T12:00:00Z", "rollup": true,
///      "drill": ["cloud=aws"], "limit": 1000}
///
/// Only `measures` must be there. `since` and `until` are times, or durations back from `now`
/// (default: 24h, and now). A drill fixes a dimension to one value and puts the next finer one of
/// its hierarchy in its place. Errors: kInvalid, naming the field and the nearest known name.
Result<Cube> parse_cube(const nlohmann::json& body, TimePoint now);

/// The same question in the same form, with its times fixed and its drills applied.
nlohmann::json to_json(const Cube& cube);

}  // namespace starling::history
