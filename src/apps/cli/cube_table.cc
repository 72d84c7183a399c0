#include "apps/cli/cube_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "apps/cli/csv_text.h"
#include "base/table.h"

namespace starling::cli {
namespace {

using Json = nlohmann::json;

std::string without_end(std::string text, std::string_view end) {
  if (text.ends_with(end)) text.resize(text.size() - end.size());
  return text;
}

/// Four digits, and never an exponent.
std::string number(double x) {
  if (x == std::floor(x) && std::abs(x) < 1e15) return fmt::format("{:.0f}", x);
  if (std::abs(x) >= 1000) return fmt::format("{:.1f}", x);
  constexpr double kDigits = 4, kDecimalsMost = 9;
  const double decimals = kDigits - 1 - std::floor(std::log10(std::abs(x)));
  std::string text = fmt::format("{:.{}f}", x, static_cast<int>(std::min(decimals, kDecimalsMost)));
  text.erase(text.find_last_not_of('0') + 1);
  return without_end(text, ".");
}

/// For people: as `starling status` says it.
std::string in_unit(const Json& value, const std::string& unit) {
  if (value.is_null()) return "-";
  const double x = value.get<double>();
  if (unit == "ratio") return fmt::format("{:.2f}%", 100 * x);
  return unit == "ms" ? fmt::format("{:.1f}ms", x) : number(x);
}

std::string exact(const Json& value, const std::string&) {
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
  for (const Json& row : answer.at("table")) {
    std::vector<std::string> cells;
    for (const Json& key : row.at("keys")) cells.push_back(cube_key(key));
    for (const Json& column : row.at("values")) {
      for (std::size_t m = 0; m < column.size(); ++m)
        cells.push_back(cell(column[m], answer.at("measures")[m].value("unit", "")));
    }
    rows.push_back(std::move(cells));
  }
  return rows;
}

std::vector<std::string> row_headings(const Json& answer) {
  return answer.at("rows").get<std::vector<std::string>>();
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
  const Json& measures = answer.at("measures");
  const std::string day = shared_day(answer.at("column_keys"));
  std::vector<std::string> headings;
  for (const Json& keys : answer.at("column_keys")) {
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
      const std::string name = measure.at("name");
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
  for (auto& row : rows_of(answer, in_unit)) table.add(std::move(row));
  const Json& measures = answer.at("measures");
  const bool unnamed =
      measures.size() == 1 && !answer.at("columns").empty();  // by the columns' heads
  const std::string title = unnamed ? fmt::format("{}, {}\n\n", measures[0].value("name", ""),
                                                  measures[0].value("unit", ""))
                                    : "";
  return title + table.text("nothing was recorded in this part of the history");
}

std::string cube_csv(const Json& answer) {
  auto lines = rows_of(answer, exact);
  auto headings = row_headings(answer);
  for (auto& heading : cube_headings(answer)) headings.push_back(std::move(heading));
  lines.insert(lines.begin(), std::move(headings));
  return csv_text(lines);
}

std::string cube_catalogue(const Json& catalogue) {
  Table measures({"MEASURE", "UNIT", "MEANING", "AGGREGATES AS"});
  for (const Json& m : catalogue.at("measures"))
    measures.add({m.at("name"), m.at("unit"), m.at("meaning"), m.at("aggregation")});
  Table dimensions({"DIMENSION", "HIERARCHY", "DRILLS TO", "MEANING"});
  for (const Json& d : catalogue.at("dimensions")) {
    const std::string finer = d.at("finer").is_null() ? "-" : d.at("finer").get<std::string>();
    dimensions.add({d.at("name"), d.at("hierarchy"), finer, d.at("meaning")});
  }
  return measures.text() + "\n" + dimensions.text();
}

}  // namespace starling::cli
