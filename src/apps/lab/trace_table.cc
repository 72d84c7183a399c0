#include "apps/lab/trace_table.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <system_error>

#include "apps/lab/refusal.h"
#include "base/table.h"

namespace starling::lab {
namespace {

std::string number(const std::optional<double>& value) {
  return value ? fmt::format("{:.6g}", *value) : "";
}

nlohmann::json json_of(const std::optional<double>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json();
}

void print_table(const RawTable& table) {
  fmt::print("{}: {} rows\n", table.path, table.rows);
  Table lines({"COLUMN", "TYPE", ">MISSING", ">DISTINCT", "MINIMUM", "MAXIMUM", ">MEAN", ">P25",
               ">P50", ">P75"});
  for (const TableColumn& column : table.columns) {
    lines.add({column.name, column.type, fmt::format("{}", column.missing),
               fmt::format("~{}", column.distinct_approx), column.minimum, column.maximum,
               number(column.mean), number(column.quartile_1), number(column.median),
               number(column.quartile_3)});
  }
  fmt::print("{}", lines.text("no columns"));
}

nlohmann::json json_of(const RawTable& table) {
  auto columns = nlohmann::json::array();
  for (const TableColumn& column : table.columns) {
    columns.push_back({{"name", column.name},
                       {"type", column.type},
                       {"missing", column.missing},
                       {"distinctApprox", column.distinct_approx},
                       {"minimum", column.minimum},
                       {"maximum", column.maximum},
                       {"mean", json_of(column.mean)},
                       {"deviation", json_of(column.deviation)},
                       {"p25", json_of(column.quartile_1)},
                       {"p50", json_of(column.median)},
                       {"p75", json_of(column.quartile_3)}});
  }
  return {
      {"format", table.format}, {"path", table.path}, {"rows", table.rows}, {"columns", columns}};
}

bool is_numeric(const std::string& name) {
  double value = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), value);
  return error == std::errc{} && end == name.data() + name.size();
}

/// Whether what stands for the names of the columns is a row of numbers.
bool lacks_header(const RawTable& table) {
  return std::ranges::all_of(table.columns,
                             [](const TableColumn& column) { return is_numeric(column.name); });
}

}  // namespace

void print_tables(const ReadingArguments& arguments, const TraceFormat& format, bool as_json) {
  auto all = nlohmann::json::array();
  for (const std::string& file : arguments.files) {
    const RawTable table = value_or_fail(read_table(file, reading_options(arguments, format)));
    as_json ? all.push_back(json_of(table)) : print_table(table);
    for (const Skipped& skipped : table.skipped) {
      fmt::print(stderr, "{}: {} rows skipped: {}\n", file, skipped.count, skipped.reason);
    }
    if (lacks_header(table)) {
      fmt::print(stderr,
                 "{}: the first line was taken for names: it needs a header such as "
                 "timestamp,m0\n",
                 file);
    }
  }
  if (as_json) {
    fmt::print("{}\n", all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  fmt::print(stderr, "{}: no time in it, so there is no series: its columns are summarised\n",
             format.name);
}

}  // namespace starling::lab
