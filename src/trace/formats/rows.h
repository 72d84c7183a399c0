// Tables of one row a sample or event: most formats are one, with columns of their own.
#pragma once

#include <optional>
#include <string>

#include "trace/formats/job.h"

namespace starling {

/// Which columns of a file (by place) make the samples.
struct RowColumns {
  std::size_t time = 0;
  double time_unit_us = 1e6;                           // of a time that is a number
  std::optional<std::size_t> workload = std::nullopt;  // or, without such a column:
  std::string workload_name = "";
  std::optional<std::size_t> value = std::nullopt;  // without one every row counts 1
};

/// Reads the rows of one file as samples.
Status read_sample_rows(ReadJob& job, const FileHead& file, const RowColumns& columns,
                        Collector& into);
/// The same for rows that are events: numbers from 1e11 s on are taken for ms since 1970.
Status read_event_rows(ReadJob& job, const FileHead& file, const RowColumns& columns,
                       Collector& into);

/// The place of the column that an option names. Errors: no such column ("did you mean").
Result<std::size_t> find_column(const FileHead& file, const std::string& option,
                                const std::string& name);
/// The place of the time column and the µs that its numbers count, by its name: timestamp, time,
/// datetime, t_s, t_ms …; nothing if there is none.
struct TimeColumn {
  std::size_t place = 0;
  double unit_us = 1e6;
};
std::optional<TimeColumn> find_time_column(const FileHead& file);

/// The file's name without folder and extensions: a.csv.gz → a.
std::string file_stem(const std::string& path);
/// Whether the whole text is a number.
bool is_number(const std::string& text);

}  // namespace starling
