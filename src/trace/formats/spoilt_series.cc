#include "trace/formats/spoilt_series.h"

#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "base/excerpt.h"
#include "trace/formats/formats.h"
#include "trace/formats/rows.h"

namespace starling {
namespace {

constexpr std::size_t kNumberBytesMax = 40;  // matching takes stack by the cell's length
constexpr std::size_t kTextBytesMax = 80;    // of a cell that is shown

bool is_workload_name(const std::string& column) {
  return column == "workload" || column == "workload_id";
}

bool has_series_header(const FileHead& head) {
  return has_wide_header(head) ||
         (find_time_column(head) && (head.has("workload") || head.has("workload_id")));
}

/// Whether a cell is a number as people write it who separate decimals by a comma, or thousands:
/// "1,5", "1,234.5", "1.234,5", "1'234", "1 234".
bool is_separated_number(const std::string& cell) {
  static const std::regex kForms(
      R"([+-]?(\d+,\d+|\d{1,3}([,' ]\d{3})+(\.\d+)?|\d{1,3}(\.\d{3})+,\d+))");
  return cell.size() <= kNumberBytesMax && std::regex_match(cell, kForms);
}

/// A cell that is no number where one should be.
struct SpoiltCell {
  std::size_t line = 0;  // of the file
  std::string text;
  bool is_separated = false;
};

/// What the first rows have in one column.
struct ColumnCells {
  std::size_t numbers = 0;  // separated ones, too
  std::size_t words = 0;
  std::optional<SpoiltCell> first_spoilt = std::nullopt;
};

using Rows = std::vector<std::vector<std::string>>;

Rows rows_below_header(const FileHead& head) {
  Rows rows;
  for (std::size_t line = 1; line < head.lines.size(); ++line) {
    rows.push_back(row_cells(head, line));
  }
  return rows;
}

ColumnCells column_cells(const Rows& rows, std::size_t column) {
  constexpr std::size_t kHeaderLines = 1;
  ColumnCells cells;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (column >= rows[i].size() || is_missing(rows[i][column])) continue;
    const std::string& cell = rows[i][column];
    const bool is_separated = is_separated_number(cell);
    const bool is_word = !is_separated && !is_number(cell);
    (is_word ? cells.words : cells.numbers) += 1;
    if ((is_separated || is_word) && !cells.first_spoilt) {
      cells.first_spoilt = SpoiltCell{kHeaderLines + i + 1, cell, is_separated};
    }
  }
  return cells;
}

}  // namespace

Status check_no_spoilt_series(const FileHead& head) {
  if (!head.is_text() || !has_series_header(head)) return {};
  const std::size_t time = find_time_column(head)->place;
  const Rows rows = rows_below_header(head);
  std::optional<SpoiltCell> spoilt;
  std::string name;
  for (std::size_t i = 0; i < head.columns.size(); ++i) {
    if (i == time || is_workload_name(head.columns[i])) continue;
    const ColumnCells cells = column_cells(rows, i);
    if (cells.words > 0 && cells.words >= cells.numbers) return {};
    if (!cells.first_spoilt || (spoilt && spoilt->line <= cells.first_spoilt->line)) continue;
    spoilt = cells.first_spoilt;
    name = head.columns[i];
  }
  if (!spoilt) return {};
  return fail(ErrorCode::kInvalid,
              "{}:{}: '{}' of column '{}' is not a number: {}; if each row is an event to be "
              "counted: starling trace import {} --format events",
              head.path, spoilt->line, excerpt(spoilt->text, kTextBytesMax), name,
              spoilt->is_separated
                  ? "write decimals with a point and nothing between thousands, such as 1.5"
                  : "the column has numbers otherwise; write one such as 1.5, or leave it empty",
              head.path);
}

}  // namespace starling
