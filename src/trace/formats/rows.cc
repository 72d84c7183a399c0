#include "trace/formats/rows.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "base/nearest.h"
#include "trace/formats/event_rows.sql.h"
#include "trace/formats/sample_rows.sql.h"

namespace starling {
namespace {

Status read_rows(ReadJob& job, const FileHead& file, const RowColumns& columns,
                 std::string_view query, Collector& into) {
  const std::string workload =
      columns.workload ? fmt::format("c{}", *columns.workload) : sql::quoted(columns.workload_name);
  const std::string value = columns.value ? fmt::format("c{}", *columns.value) : "'1'";
  const Status defined = job.define(
      "table_rows", fmt::format("SELECT line, c{} AS time, {} AS workload, {} AS value FROM ({})",
                                columns.time, workload, value, cells_query(file, job.options())));
  if (!defined) return fail(job.explained(file.path, defined.error()));
  return job.run(file, query, {columns.time_unit_us}, into);
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

Status read_sample_rows(ReadJob& job, const FileHead& file, const RowColumns& columns,
                        Collector& into) {
  return read_rows(job, file, columns, kSampleRowsSql, into);
}

Status read_event_rows(ReadJob& job, const FileHead& file, const RowColumns& columns,
                       Collector& into) {
  return read_rows(job, file, columns, kEventRowsSql, into);
}

Result<std::size_t> find_column(const FileHead& file, const std::string& option,
                                const std::string& name) {
  const auto found = std::find(file.columns.begin(), file.columns.end(), name);
  if (found != file.columns.end()) {
    return static_cast<std::size_t>(found - file.columns.begin());
  }
  constexpr std::size_t kShown = 20;
  const bool many = file.columns.size() > kShown;
  return fail(ErrorCode::kInvalid, "{}: {}: no column '{}'{}; its columns: {}{}", file.path, option,
              name, did_you_mean(name, file.columns),
              fmt::join(file.columns.begin(),
                        file.columns.begin() +
                            static_cast<std::ptrdiff_t>(std::min(kShown, file.columns.size())),
                        ", "),
              many ? ", …" : "");
}

std::optional<TimeColumn> find_time_column(const FileHead& file) {
  static const std::map<std::string, double, std::less<>> kUnits{
      {"timestamp", 1e6}, {"time", 1e6},        {"datetime", 1e6}, {"date", 1e6},
      {"ts", 1e6},        {"t_s", 1e6},         {"t_ms", 1e3},     {"t_us", 1},
      {"time_s", 1e6},    {"timestamp_s", 1e6}, {"time_ms", 1e3},  {"timestamp_ms", 1e3},
      {"time_us", 1},     {"timestamp_us", 1},  {"t", 1e6},        {"arrival_time", 1e6}};
  for (std::size_t i = 0; i < file.columns.size(); ++i) {
    const auto unit = kUnits.find(lower(file.columns[i]));
    if (unit != kUnits.end()) return TimeColumn{i, unit->second};
  }
  return std::nullopt;
}

std::string file_stem(const std::string& path) {
  std::string name = std::filesystem::path(path).filename();
  for (const char* end : {".gz", ".zst", ".csv", ".parquet", ".jsonl", ".json", ".log", ".txt"}) {
    if (name.ends_with(end) && name.size() > std::string_view(end).size()) {
      name.resize(name.size() - std::string_view(end).size());
    }
  }
  return name;
}

bool is_number(const std::string& text) {
  char* end = nullptr;
  std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0';
}

}  // namespace starling
