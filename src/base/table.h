// Tables for people: columns as wide as they need to be, numbers to the right.
#pragma once

#include <string>
#include <vector>

namespace starling {

class Table {
 public:
  /// A heading that begins with '>' is of a column of numbers.
  explicit Table(std::vector<std::string> headings) : headings_(std::move(headings)) {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  /// One line a row, the headings first; `empty` instead when there are no rows.
  std::string text(const std::string& empty = "none") const;

 private:
  std::vector<std::string> headings_;
  std::vector<std::vector<std::string>> rows_;
};

/// "0.3s", "12s", "3m20s", "2h5m"
std::string short_age(double seconds);

}  // namespace starling
