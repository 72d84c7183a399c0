#include "apps/cli/cube_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/csv.h"
#include "base/table.h"

namespace starling::cli {
namespace {

using Json = nlohmann::json;

std::string without_end(std::string text, std::string_view end) {
  if (text.ends_with(end)) text.resize(text.size() - end.size());
  return text;
}

std::string number(const Json& value) {
  if (value.is_null()) return "-";
  const double x = value.get<double>();
  if (x == std::floor(x) && std::abs(x) < 1e15) return fmt::format("{:.0f}", x);
  return std::abs(x) >= 1000 ? fmt::format("{:.1f}", x) : fmt::format("{:.4g}", x);
}

std::string exact(const Json& value) {
  return value.is_null() ? "" : fmt::format("{}", value.get<double>());
}

/// The day that all times of a pivot share, "2026-01-31T", or nothing.
std::string shared_day(const Json& column_keys) {
  std::string day;
  for (const Json& keys : column_keys) {
    for (const Json& key : keys) {
      if (!key.is_string()) continue;
      const std::string text = key.get<std::string>();
      if (text.size() < 20 || text[10] != 'T' || text.back() != 'Z') return "";
      if (!day.empty() && text.substr(0, 11) != day) return "";
      day = text.substr(0, 11);
    }
  }
  return day;
}

template <typename Cell>
std::vector<std::vector<std::string>> rows_of(const Json& answer, Cell cell) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& row : answer["table"]) {
    std::vector<std::string> cells;
    for (const Json& key : row["keys"]) cells.push_back(cube_key(key));
    for (const Json& column : row["values"]) {
      for (const Json& value : column) cells.push_back(cell(value));
    }
    rows.push_back(std::move(cells));
  }
  return rows;
}

std::vector<std::string> row_headings(const Json& answer) {
  return answer["rows"].get<std::vector<std::string>>();
}

}  // namespace

std::string cube_key(const Json& key) {
  if (key.is_null()) return "all";
  if (!key.is_string()) return key.dump();
  const std::string text = key.get<std::string>();
  const bool time = text.size() >= 20 && text[4] == '-' && text[10] == 'T' && text.back() == 'Z';
  return time ? without_end(without_end(without_end(text, "Z"), "T00:00:00"), ":00") : text;
}

std::vector<std::string> cube_headings(const Json& answer) {
  const Json& measures = answer["measures"];
  const std::string day = shared_day(answer["column_keys"]);
  std::vector<std::string> headings;
  for (const Json& keys : answer["column_keys"]) {
    std::vector<std::string> parts;
    for (const Json& key : keys) {
      const bool of_day = !day.empty() && key.is_string();
      parts.push_back(of_day ? without_end(key.get<std::string>().substr(day.size()), ":00Z")
                             : cube_key(key));
    }
    const bool total =
        std::all_of(keys.begin(), keys.end(), [](const Json& k) { return k.is_null(); });
    const std::string head = keys.empty() ? ""
                             : total      ? "total"
                                          : fmt::format("{}", fmt::join(parts, " / "));
    for (const Json& measure : measures) {
      const std::string name = measure["name"];
      const bool alone = measures.size() == 1 && !head.empty();
      headings.push_back(alone ? head : head.empty() ? name : head + " " + name);
    }
  }
  return headings;
}

std::string cube_table(const Json& answer) {
  auto headings = row_headings(answer);
  for (const auto& heading : cube_headings(answer)) headings.push_back(">" + heading);
  Table table(headings);
  for (auto& row : rows_of(answer, number)) table.add(std::move(row));
  return table.text("nothing was recorded in this part of the history");
}

std::string cube_csv(const Json& answer) {
  auto lines = rows_of(answer, exact);
  auto headings = row_headings(answer);
  for (auto& heading : cube_headings(answer)) headings.push_back(std::move(heading));
  lines.insert(lines.begin(), std::move(headings));
  std::string text;
  for (const auto& line : lines) {
    std::string fields;
    for (const auto& field : line) fields += (&field == line.data() ? "" : ",") + csv_cell(field);
    text += fields + "\n";
  }
  return text;
}

std::string cube_catalogue(const Json& catalogue) {
  Table measures({"MEASURE", "UNIT", "MEANING", "AGGREGATES AS"});
  for (const Json& m : catalogue["measures"])
    measures.add({m["name"], m["unit"], m["meaning"], m["aggregation"]});
  Table dimensions({"DIMENSION", "HIERARCHY", "DRILLS TO", "MEANING"});
  for (const Json& d : catalogue["dimensions"]) {
    const std::string finer = d["finer"].is_null() ? "-" : d["finer"].get<std::string>();
    dimensions.add({d["name"], d["hierarchy"], finer, d["meaning"]});
  }
  return measures.text() + "\n" + dimensions.text();
}

}  // namespace starling::cli
