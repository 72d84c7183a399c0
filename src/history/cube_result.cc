#include "history/cube_result.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "history/cube_merge.h"

namespace starling::history {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kValuesMax = 500'000;

/// Keys in their order; "all" comes after each of them.
struct Before {
  bool operator()(const Coordinates& a, const Coordinates& b) const {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                        [](const auto& x, const auto& y) {
                                          if (x.has_value() != y.has_value()) return x.has_value();
                                          return x < y;
                                        });
  }
};

/// Which keys each grouping set keeps: ROLLUP of the rows, each with and without the columns.
std::vector<std::vector<bool>> grouping_sets(const Cube& cube) {
  const std::size_t rows = cube.rows.size();
  const std::size_t columns = cube.columns.size();
  std::vector<std::vector<bool>> sets;
  for (std::size_t kept_rows = cube.rollup ? 0 : rows; kept_rows <= rows; ++kept_rows) {
    for (const bool by_column : {true, false}) {
      if (!by_column && (columns == 0 || !cube.rollup)) continue;
      std::vector<bool> kept(rows + columns, by_column);
      for (std::size_t i = 0; i < rows; ++i) kept[i] = i < kept_rows;
      sets.push_back(std::move(kept));
    }
  }
  return sets;
}

/// The groups of one grouping set with their coordinates.
struct GroupedSet {
  CubePartial partial;
  std::vector<Coordinates> rows, columns;  // of each group
};

GroupedSet grouped(const Cube& cube, const CubePartial& merged, const std::vector<bool>& kept) {
  GroupedSet set{roll_up(merged, kept), {}, {}};
  for (std::size_t g = 0; g < set.partial.groups; ++g) {
    Coordinates row, column;
    std::size_t next = 0;
    for (std::size_t i = 0; i < kept.size(); ++i) {
      std::optional<Key> key;
      if (kept[i]) {
        const KeyColumn& keys = set.partial.keys[next++];
        key = keys.values[keys.codes[g]];
      }
      (i < cube.rows.size() ? row : column).push_back(std::move(key));
    }
    set.rows.push_back(std::move(row));
    set.columns.push_back(std::move(column));
  }
  return set;
}

double sum_of(const CubePartial& partial, std::string_view name, std::size_t group) {
  const auto found = partial.sums.find(name);
  return found == partial.sums.end() ? std::numeric_limits<double>::quiet_NaN()
                                     : found->second[group];
}

/// The rows that are shown: the first `limit`, and the grand total.
void cut(std::map<Coordinates, std::vector<double>, Before>& rows, std::int64_t limit) {
  while (static_cast<std::int64_t>(rows.size()) > limit) {
    auto last = std::prev(rows.end());
    const bool total = std::none_of(last->first.begin(), last->first.end(),
                                    [](const auto& key) { return key.has_value(); });
    if (total && last != rows.begin() && limit > 1) --last;
    rows.erase(last);
  }
}

Json keys_json(const std::vector<const Dimension*>& dimensions, const Coordinates& keys) {
  auto json = Json::array();
  for (std::size_t i = 0; i < keys.size(); ++i)
    json.push_back(keys[i] ? key_json(*dimensions[i], *keys[i]) : Json());
  return json;
}

}  // namespace

double measure_value(const Measure& measure, const CubePartial& partial, std::size_t group) {
  switch (measure.form) {
    case Measure::Form::kPercentile:
      return partial.latency[group].quantile_ms(measure.percentile);
    case Measure::Form::kDistinct:
      return std::round(partial.distinct[group].estimate());
    case Measure::Form::kSum:
      return sum_of(partial, measure.numerator, group) * measure.scale;
    case Measure::Form::kRatio:
      break;
  }
  const double denominator = sum_of(partial, measure.denominator, group);
  return denominator == 0 ? std::numeric_limits<double>::quiet_NaN()
                          : sum_of(partial, measure.numerator, group) / denominator * measure.scale;
}

Result<CubeTable> make_table(const Cube& cube, const CubePartial& merged) {
  std::vector<GroupedSet> sets;
  for (const auto& kept : grouping_sets(cube)) sets.push_back(grouped(cube, merged, kept));

  std::map<Coordinates, std::size_t, Before> columns;
  std::map<Coordinates, std::vector<double>, Before> rows;
  for (const auto& set : sets) {
    for (const auto& column : set.columns) columns.try_emplace(column, 0);
    for (const auto& row : set.rows) rows.try_emplace(row);
  }
  CubeTable table;
  table.rows_total = static_cast<std::int64_t>(rows.size());
  cut(rows, cube.limit);
  const std::size_t width = columns.size() * cube.measures.size();
  if (width * rows.size() > kValuesMax) {
    return fail(ErrorCode::kTooLarge,
                "{} rows of {} columns are more than {} values: take a coarser time, fewer columns "
                "or a smaller limit",
                rows.size(), width, kValuesMax);
  }
  for (auto& [keys, at] : columns) {
    at = table.columns.size() * cube.measures.size();
    table.columns.push_back(keys);
  }
  for (const auto& set : sets) {
    for (std::size_t g = 0; g < set.partial.groups; ++g) {
      const auto row = rows.find(set.rows[g]);
      if (row == rows.end()) continue;
      row->second.resize(width, std::numeric_limits<double>::quiet_NaN());
      const std::size_t at = columns.find(set.columns[g])->second;
      for (std::size_t m = 0; m < cube.measures.size(); ++m)
        row->second[at + m] = measure_value(*cube.measures[m], set.partial, g);
    }
  }
  for (auto& [keys, values] : rows) table.rows.push_back({keys, std::move(values)});
  return table;
}

Json to_json(const Cube& cube, const CubeTable& table) {
  Json json{{"measures", Json::array()},
            {"rows", Json::array()},
            {"columns", Json::array()},
            {"since", iso8601(cube.since)},
            {"until", iso8601(cube.until)},
            {"column_keys", Json::array()},
            {"table", Json::array()},
            {"rows_total", table.rows_total},
            {"truncated", table.rows_total > static_cast<std::int64_t>(table.rows.size())}};
  for (const auto* m : cube.measures)
    json["measures"].push_back({{"name", m->name}, {"unit", m->unit}});
  for (const auto* d : cube.rows) json["rows"].push_back(d->name);
  for (const auto* d : cube.columns) json["columns"].push_back(d->name);
  for (const auto& keys : table.columns)
    json["column_keys"].push_back(keys_json(cube.columns, keys));
  for (const auto& row : table.rows) {
    auto values = Json::array();
    for (std::size_t at = 0; at < row.values.size(); at += cube.measures.size()) {
      auto cell = Json::array();
      for (std::size_t m = 0; m < cube.measures.size(); ++m) {
        const double value = row.values[at + m];
        cell.push_back(std::isfinite(value) ? Json(value) : Json());
      }
      values.push_back(std::move(cell));
    }
    json["table"].push_back(
        {{"keys", keys_json(cube.rows, row.keys)}, {"values", std::move(values)}});
  }
  return json;
}

}  // namespace starling::history
