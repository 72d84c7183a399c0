// The history as Parquet files that any warehouse reads, in Hive's layout: a folder a table and a
// day.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace starling::sql {
class Database;
}

namespace starling::history {

struct ExportRequest {
  std::vector<std::string> tables = {"usage_hour", "latency_hour", "cost_hour", "health_hour",
                                     "decision"};  // views of the history
  std::optional<TimePoint> since = std::nullopt;   // rounded down to its day; none: from the first
  std::optional<TimePoint> until = std::nullopt;   // rounded up; none: to the last
};

struct ExportedFile {
  std::string table;
  std::string day;   // "2026-01-31", UTC
  std::string file;  // relative to the directory
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
};

struct ExportResult {
  std::string directory;
  std::vector<ExportedFile> files;

  /// {"directory": …, "files": [{"table", "day", "file", "rows", "bytes"}, …]}
  nlohmann::json to_json() const;
};

/// Writes directory/TABLE/day=YYYY-MM-DD/NODE.parquet for each day that has rows. Days are written
/// whole, each to a temporary file that then takes its name, so repeating an export replaces its
/// files and a reader never sees half of one. `database` must allow the directory. Errors:
/// kNotFound, there is no such table; kTimeout; what the disk says.
Result<ExportResult> export_parquet(const sql::Database& database,
                                    const std::filesystem::path& directory, const std::string& node,
                                    const ExportRequest& request, Duration time_max,
                                    std::stop_token stop = {});

}  // namespace starling::history
