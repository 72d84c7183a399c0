// starling-parquet: writes the answer to a cube, a JSON file, as Parquet. `starling cube` runs it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>

#include "base/file.h"
#include "base/iso8601.h"
#include "sql/appender.h"
#include "sql/database.h"

namespace starling::cli {
namespace {

using Json = nlohmann::json;

const char* type_of(const std::string& dimension) {
  static const std::set<std::string> kTimes{"second", "minute", "hour", "day", "week"};
  if (kTimes.contains(dimension)) return "TIMESTAMP";
  return dimension == "hour_of_day" || dimension == "weekday" ? "BIGINT" : "VARCHAR";
}

std::string table_of(const Json& answer) {
  std::vector<std::string> columns;
  for (const char* side : {"rows", "columns"}) {
    for (const std::string name : answer[side])
      columns.push_back(fmt::format("{} {}", sql::quoted_name(name), type_of(name)));
  }
  for (const Json& measure : answer["measures"])
    columns.push_back(sql::quoted_name(measure["name"].get<std::string>()) + " DOUBLE");
  return fmt::format("CREATE TABLE cube ({})", fmt::join(columns, ", "));
}

void add_keys(sql::Appender& rows, const Json& dimensions, const Json& keys) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].is_null()) {
      rows.add(nullptr);
    } else if (keys[i].is_number()) {
      rows.add(keys[i].get<std::int64_t>());
    } else if (type_of(dimensions[i]) == std::string("TIMESTAMP")) {
      rows.add(parse_iso8601(keys[i].get<std::string>()).value_or(TimePoint{}));
    } else {
      rows.add(keys[i].get<std::string>());
    }
  }
}

Status fill(sql::Connection& connection, const Json& answer) {
  auto rows = sql::Appender::open(connection, "cube");
  if (!rows) return fail(rows.error());
  for (const Json& row : answer["table"]) {
    for (std::size_t c = 0; c < row["values"].size(); ++c) {
      add_keys(*rows, answer["rows"], row["keys"]);
      add_keys(*rows, answer["columns"], answer["column_keys"][c]);
      for (const Json& value : row["values"][c]) {
        if (value.is_null()) {
          rows->add(nullptr);
        } else {
          rows->add(value.get<double>());
        }
      }
      if (auto status = rows->end_row(); !status) return status;
    }
  }
  return rows->flush();
}

Status convert(const char* json_file, const char* parquet_file) {
  const auto text = read_file(json_file);
  if (!text) return fail(text.error());
  const Json answer = Json::parse(*text);
  auto database = sql::Database::open("");
  if (!database) return fail(database.error());
  auto connection = database->connect();
  if (!connection) return fail(connection.error());
  if (auto status = connection->execute(table_of(answer)); !status) return status;
  if (auto status = fill(*connection, answer); !status) return status;
  return connection->execute(
      fmt::format("COPY cube TO {} (FORMAT parquet)", sql::quoted(parquet_file)));
}

}  // namespace
}  // namespace starling::cli

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: starling-parquet CUBE.json FILE.parquet\n");
    return 2;
  }
  try {
    const auto status = starling::cli::convert(argv[1], argv[2]);
    if (status) return 0;
    fmt::print(stderr, "starling-parquet: {}\n", status.error().message);
  } catch (const std::exception& e) {
    fmt::print(stderr, "starling-parquet: {} is not the answer to a cube: {}\n", argv[1], e.what());
  }
  return 1;
}
