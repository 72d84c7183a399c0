#include "history/export.h"

#include <algorithm>
#include <cctype>

#include "base/iso8601.h"
#include "base/nearest.h"
#include "history/schema.h"
#include "sql/database.h"
#include "sql/deadline.h"

namespace starling::history {
namespace {

using Days = std::chrono::days;

struct Day {
  TimePoint start{};
  std::int64_t rows = 0;
};

/// A node's name is free text; a file's name is not.
std::string file_name(const std::string& node) {
  std::string name = node;
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_') c = '_';
  }
  return name + ".parquet";
}

Status check_tables(const std::vector<std::string>& tables) {
  const std::vector<std::string> known = exportable_views();
  for (const std::string& table : tables) {
    if (std::find(known.begin(), known.end(), table) != known.end()) continue;
    return fail(ErrorCode::kNotFound, "the history has no table '{}' to export{}; it has {}", table,
                did_you_mean(table, known), fmt::join(known, ", "));
  }
  return {};
}

/// The days of a table that have rows, oldest first.
Result<std::vector<Day>> days_of(sql::Connection& connection, const std::string& table,
                                 const ExportRequest& request) {
  const TimePoint since = request.since ? std::chrono::floor<Days>(*request.since) : TimePoint{};
  const TimePoint until =
      request.until ? std::chrono::ceil<Days>(*request.until) : TimePoint::max();
  auto rows = connection.query(
      fmt::format("SELECT CAST(day AS TIMESTAMP) AS start, count(*) FROM {} WHERE time >= $1 "
                  "AND time < $2 GROUP BY ALL ORDER BY start",
                  sql::quoted_name(table)),
      {since, until});
  if (!rows) return fail(rows.error());
  std::vector<Day> days;
  for (;;) {
    auto chunk = rows->next();
    if (!chunk) return fail(chunk.error());
    if (!*chunk) return days;
    for (std::size_t i = 0; i < (*chunk)->rows(); ++i) {
      days.push_back({(*chunk)->timestamp(i, 0), (*chunk)->integer(i, 1)});
    }
  }
}

Result<ExportedFile> write_day(sql::Connection& connection, const std::filesystem::path& directory,
                               const std::string& node, const std::string& table, const Day& day) {
  const std::string date = iso8601(day.start).substr(0, 10);
  const auto relative = std::filesystem::path(table) / ("day=" + date) / file_name(node);
  const auto target = directory / relative;
  const auto partial = std::filesystem::path(target.string() + ".partial");
  std::error_code error;
  std::filesystem::create_directories(target.parent_path(), error);
  if (error) {
    return fail(ErrorCode::kInternal, "cannot create {}: {}", target.parent_path().string(),
                error.message());
  }
  const Status written = connection.execute(fmt::format(
      "COPY (SELECT * EXCLUDE (day) FROM {} WHERE time >= {} AND time < {}) TO {} "
      "(FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)",
      sql::quoted_name(table), sql::quoted(iso8601(day.start)) + "::TIMESTAMP",
      sql::quoted(iso8601(day.start + Days(1))) + "::TIMESTAMP", sql::quoted(partial.string())));
  if (!written) return fail(written.error());
  std::filesystem::rename(partial, target, error);
  if (error) {
    return fail(ErrorCode::kInternal, "cannot write {}: {}", target.string(), error.message());
  }
  const auto bytes = std::filesystem::file_size(target, error);
  return ExportedFile{table, date, relative.string(), day.rows,
                      error ? 0 : static_cast<std::int64_t>(bytes)};
}

Result<ExportResult> write_tables(sql::Connection& connection,
                                  const std::filesystem::path& directory, const std::string& node,
                                  const ExportRequest& request) {
  ExportResult result{directory.string(), {}};
  for (const std::string& table : request.tables) {
    const auto days = days_of(connection, table, request);
    if (!days) return fail(days.error());
    for (const Day& day : *days) {
      auto file = write_day(connection, directory, node, table, day);
      if (!file) return fail(file.error());
      result.files.push_back(std::move(*file));
    }
  }
  return result;
}

}  // namespace

nlohmann::json ExportResult::to_json() const {
  auto list = nlohmann::json::array();
  for (const ExportedFile& f : files) {
    list.push_back({{"table", f.table},
                    {"day", f.day},
                    {"file", f.file},
                    {"rows", f.rows},
                    {"bytes", f.bytes}});
  }
  return {{"directory", directory}, {"files", list}};
}

Result<ExportResult> export_parquet(const sql::Database& database,
                                    const std::filesystem::path& directory, const std::string& node,
                                    const ExportRequest& request, Duration time_max,
                                    std::stop_token stop) {
  if (Status status = check_tables(request.tables); !status) return fail(status.error());
  auto connection = database.connect();
  if (!connection) return fail(connection.error());
  sql::Deadline deadline(*connection, time_max, std::move(stop));
  auto result = write_tables(*connection, directory, node, request);
  if (!result && deadline.passed()) {
    return fail(ErrorCode::kTimeout,
                "the export took longer than {} s and was stopped; the days that were finished "
                "stand in {}: export fewer days or tables at once",
                seconds(time_max), directory.string());
  }
  return result;
}

}  // namespace starling::history
