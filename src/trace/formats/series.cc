// Long and wide series, ours and everyone's: a time column, and the workloads in a column or as
// columns.
#include <algorithm>
#include <set>

#include "trace/formats/formats.h"
#include "trace/formats/rows.h"
#include "trace/formats/wide.sql.h"

namespace starling {
namespace {

constexpr std::size_t kWideColumnsMax = 10'000;
// DuckDB holds 2048 rows of all columns it reads at once: a wide file is read in several passes.
constexpr std::size_t kPartColumns = 500;

/// The column that names the workload of a long file.
std::optional<std::size_t> workload_column(const FileHead& head) {
  for (const char* name : {"workload", "workload_id"}) {
    const auto found = std::find(head.columns.begin(), head.columns.end(), name);
    if (found != head.columns.end()) return static_cast<std::size_t>(found - head.columns.begin());
  }
  return std::nullopt;
}

/// `value`, or the first column that is a number in the first row and is neither time nor workload.
std::optional<std::size_t> value_column(const FileHead& head, std::size_t time,
                                        std::size_t workload) {
  const auto named = std::find(head.columns.begin(), head.columns.end(), "value");
  if (named != head.columns.end()) return static_cast<std::size_t>(named - head.columns.begin());
  for (std::size_t i = 0; i < head.first_row.size() && i < head.columns.size(); ++i) {
    if (i != time && i != workload && is_number(head.first_row[i])) return i;
  }
  return std::nullopt;
}

bool is_long(const FileHead& head) {
  const auto time = find_time_column(head);
  const auto workload = workload_column(head);
  return time && workload && value_column(head, time->place, *workload);
}

bool is_wide(const FileHead& head) {
  return has_wide_header(head) &&
         std::all_of(head.first_row.begin() + (head.first_row.empty() ? 0 : 1),
                     head.first_row.end(),
                     [](const std::string& cell) { return is_missing(cell) || is_number(cell); });
}

Result<RawTrace> read_long(ReadJob& job) {
  SampleCollector collector(job.options());
  RawTrace trace;
  trace.format = "long";
  trace.quantity_assumed = true;
  for (const FileHead& file : job.files()) {
    const auto time = find_time_column(file);
    if (!time) {
      return fail(ErrorCode::kInvalid, "{}: no time column (timestamp, time, t_s, t_ms …)",
                  file.path);
    }
    RowColumns columns{.time = time->place, .time_unit_us = time->unit_us};
    columns.workload = workload_column(file);
    if (!job.options().group.empty() || !columns.workload) {
      const auto group = job.options().group.empty() ? "workload" : job.options().group;
      const auto place = find_column(file, "group", group);
      if (!place) return fail(place.error());
      columns.workload = *place;
    }
    columns.value = value_column(file, columns.time, *columns.workload);
    if (!job.options().value.empty() || !columns.value) {
      const auto name = job.options().value.empty() ? "value" : job.options().value;
      const auto place = find_column(file, "value", name);
      if (!place) return fail(place.error());
      columns.value = *place;
    }
    trace.unit = file.columns[*columns.value] == "value" ? "" : file.columns[*columns.value];
    if (Status s = read_sample_rows(job, file, columns, collector); !s) return fail(s.error());
  }
  return job.finish(std::move(trace), collector);
}

Status check_wide_header(const FileHead& file) {
  if (file.columns.size() > kWideColumnsMax) {
    return fail(ErrorCode::kTooLarge,
                "{}:1: {} columns; a wide file may have {}: write it long, as "
                "timestamp,workload,value",
                file.path, file.columns.size(), kWideColumnsMax);
  }
  auto names = file.columns;
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) {
    return fail(ErrorCode::kInvalid, "{}:1: two columns are called '{}'", file.path, *twice);
  }
  if (names[0].empty()) {
    return fail(ErrorCode::kInvalid, "{}:1: a column has no name", file.path);
  }
  return {};
}

/// Reads the columns from `first` to before `end`.
Status read_wide_part(ReadJob& job, const FileHead& file, std::size_t first, std::size_t end,
                      std::set<std::int64_t>& refused, Collector& into) {
  std::string names, cells;
  for (std::size_t i = first; i < end; ++i) {
    const char* comma = i == first ? "" : ", ";
    names += comma + sql::quoted(file.columns[i]);
    cells += fmt::format("{}c{}", comma, i);
  }
  Status defined = job.define("wide_names", fmt::format("SELECT unnest([{0}]) AS name, "
                                                        "generate_subscripts([{0}], 1) AS place",
                                                        names));
  if (defined) {
    defined =
        job.define("wide_rows", fmt::format("SELECT line, c0 AS time, [{}] AS cells FROM ({})",
                                            cells, cells_query(file, job.options())));
  }
  if (!defined) return fail(job.explained(file.path, defined.error()));
  const auto time = find_time_column(file);
  return job.run(file, kWideSql, {time ? time->unit_us : 1e6, first == 1}, into, &refused);
}

Result<RawTrace> read_wide(ReadJob& job) {
  SampleCollector collector(job.options());
  for (const FileHead& file : job.files()) {
    if (Status s = check_wide_header(file); !s) return fail(s.error());
    std::set<std::int64_t> refused;
    for (std::size_t first = 1; first < file.columns.size(); first += kPartColumns) {
      const std::size_t end = std::min(file.columns.size(), first + kPartColumns);
      Status s = read_wide_part(job, file, first, end, refused, collector);
      if (!s) return fail(s.error());
    }
  }
  RawTrace trace;
  trace.format = "wide";
  trace.quantity_assumed = true;
  return job.finish(std::move(trace), collector);
}

}  // namespace

bool has_wide_header(const FileHead& head) {
  const auto time = find_time_column(head);
  return time && time->place == 0 && head.columns.size() > 1 && !workload_column(head) &&
         (head.columns[0] == "timestamp" || head.columns[0] == "time" ||
          head.columns[0] == "datetime" || head.columns[0] == "date");
}

FormatReader wide_format() {
  return {{.name = "wide",
           .description = "series, one column a workload: timestamp,<workload>,…",
           .publisher = "",
           .quantity = "what the file holds",
           .options = {}},
          is_wide,
          read_wide};
}

FormatReader long_format() {
  return {{.name = "long",
           .description = "series, one row a sample: timestamp,workload,value",
           .publisher = "",
           .quantity = "`value`, or the first column of numbers",
           .options = {"value", "group"}},
          is_long,
          read_long};
}

}  // namespace starling
