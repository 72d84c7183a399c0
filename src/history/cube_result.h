// The answer to a cube: final measures in a table with subtotals, totals and a pivot.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "base/result.h"
#include "history/cube_partial.h"

namespace starling::history {

/// One coordinate for each dimension; nothing stands for all values (a subtotal or total).
using Coordinates = std::vector<std::optional<Key>>;

struct CubeTable {
  struct Row {
    Coordinates keys;
    std::vector<double> values;  // column by column, in each every measure; NaN: nothing
  };
  std::vector<Coordinates> columns;  // sorted; one empty one without a pivot
  std::vector<Row> rows;             // sorted, a subtotal after what it sums up
  std::int64_t rows_total = 0;       // before `limit` cut them
};

/// The value of one group; NaN where there is nothing to tell it from.
double measure_value(const Measure& measure, const CubePartial& partial, std::size_t group);

/// Computes the table of a merged partial. With `rollup` the groups are those of GROUPING SETS: the
/// rows from the right (ROLLUP), each with and without the columns. The limit never cuts the grand
/// total. Errors: kTooLarge when rows × columns × measures are more than 500 000 values.
Result<CubeTable> make_table(const Cube& cube, const CubePartial& merged);

/// {"measures": [{name, unit}], "rows": […], "columns": […], "since", "until", "column_keys":
/// [[…]],
///  "table": [{"keys": […], "values": [[…], …]}], "rows_total": n, "truncated": false}
/// null in keys: all; null in values: nothing.
nlohmann::json to_json(const Cube& cube, const CubeTable& table);

}  // namespace starling::history
