// Tables without time: their columns, summarised.
#include <set>

#include "trace/formats/formats.h"
#include "trace/formats/table_csv.sql.h"
#include "trace/formats/table_summary.sql.h"

namespace starling {
namespace {

bool is_table(const FileHead& head) {
  if (!head.is_text()) return !head.columns.empty();
  return head.columns.size() > 1 && head.first_row.size() == head.columns.size();
}

/// DuckDB's types in words.
std::string type_in_words(std::string_view type) {
  if (type == "BOOLEAN") return "boolean";
  if (type.starts_with("TIME") || type == "DATE" || type == "INTERVAL") return "time";
  for (const char* number : {"BIGINT", "DOUBLE", "FLOAT", "DECIMAL", "INTEGER", "INT", "HUGEINT"}) {
    if (type.find(number) != std::string_view::npos && type.find('[') == std::string_view::npos) {
      return "number";
    }
  }
  return "text";
}

std::string table_query(const FileHead& file, const ReadRawLimits& limits) {
  if (!file.is_text()) return fmt::format("FROM read_parquet({})", quoted_path(file.path));
  return filled_in(kTableCsvSql, fmt::arg("path", quoted_path(file.path)),
                   fmt::arg("compression", compression_name(file.packing)),
                   fmt::arg("delimiter", sql::quoted(std::string(1, file.delimiter))),
                   fmt::arg("missing_words", missing_words()),
                   fmt::arg("line_bytes_max", limits.line_bytes_max));
}

TableColumn column_at(const sql::Chunk& chunk, std::size_t row) {
  const auto text = [&](std::size_t i) {
    return chunk.is_null(row, i) ? std::string() : std::string(chunk.text(row, i));
  };
  const auto number = [&](std::size_t i) {
    return chunk.is_null(row, i) ? std::nullopt : std::optional(chunk.number(row, i));
  };
  return TableColumn{.name = text(0),
                     .type = type_in_words(text(1)),
                     .missing = chunk.integer(row, 2),
                     .distinct_approx = chunk.integer(row, 3),
                     .minimum = text(4),
                     .maximum = text(5),
                     .mean = number(6),
                     .deviation = number(7),
                     .quartile_1 = number(8),
                     .median = number(9),
                     .quartile_3 = number(10)};
}

}  // namespace

Result<RawTable> summarise_table(ReadJob& job) {
  const FileHead& file = job.files()[0];
  const Status defined = job.define("summarised", table_query(file, job.options().limits));
  if (!defined) return fail(job.explained(file.path, defined.error()));
  auto rows = job.connection().query(std::string(kTableSummarySql));
  if (!rows) return fail(job.explained(file.path, rows.error()));
  RawTable table;
  table.format = "table";
  table.path = file.path;
  for (;;) {
    auto chunk = rows->next();
    if (!chunk) return fail(job.explained(file.path, chunk.error()));
    if (!*chunk) break;
    for (std::size_t i = 0; i < (*chunk)->rows(); ++i) {
      table.rows = (*chunk)->integer(i, 11);
      table.columns.push_back(column_at(**chunk, i));
    }
  }
  std::set<std::int64_t> refused;
  if (Status s = job.take_refused(file, refused); !s) return fail(s.error());
  table.skipped = job.skips().skipped();
  if (table.rows == 0) return fail(ErrorCode::kInvalid, "{}: no rows of data", file.path);
  return table;
}

FormatReader table_format() {
  return {{.name = "table",
           .description = "a table without time: its columns are summarised",
           .publisher = "",
           .quantity = "no series: a table",
           .options = {},
           .is_table = true},
          is_table,
          nullptr};
}

}  // namespace starling
