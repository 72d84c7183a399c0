#include "base/table.h"

#include <fmt/format.h>

#include <algorithm>

namespace starling {
namespace {

/// Columns on the screen: UTF-8 continuation bytes take none.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

std::string Table::text(const std::string& empty) const {
  if (rows_.empty()) return empty + "\n";
  std::vector<std::string> heads;
  std::vector<bool> numeric;
  std::vector<std::size_t> widths;
  for (const auto& heading : headings_) {
    numeric.push_back(heading.rfind('>', 0) == 0);
    heads.push_back(numeric.back() ? heading.substr(1) : heading);
    widths.push_back(width_of(heads.back()));
  }
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string out;
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string padding(widths[i] - width_of(cells[i]), ' ');
      text += numeric[i] ? padding + cells[i] : cells[i] + padding;
      text += "  ";
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  };
  line(heads);
  for (const auto& row : rows_) line(row);
  return out;
}

std::string short_age(double seconds) {
  const auto whole = static_cast<long long>(seconds);
  if (seconds < 10) return fmt::format("{:.1f}s", seconds);
  if (whole < 60) return fmt::format("{}s", whole);
  if (whole < 3600) return fmt::format("{}m{}s", whole / 60, whole % 60);
  return fmt::format("{}h{}m", whole / 3600, whole / 60 % 60);
}

}  // namespace starling
