// The rows of a query, fetched chunk by chunk so that a large result never stands in memory whole.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace starling::sql {

enum class Type {
  kBoolean,
  kInteger,  // any width, signed or not
  kDouble,   // DOUBLE, FLOAT, DECIMAL
  kText,
  kTimestamp,  // TIMESTAMP and TIMESTAMPTZ
  kOther,      // dates, intervals, lists …: CAST to VARCHAR to read them
};

struct Column {
  std::string name;
  Type type = Type::kOther;
};

/// Up to 2048 rows; rows and columns count from 0. Reading a null, or by another method than the
/// column's type has, is a programmer's error. Texts live as long as the chunk.
class Chunk {
 public:
  Chunk(Chunk&&) noexcept;
  Chunk& operator=(Chunk&&) noexcept;
  ~Chunk();

  std::size_t rows() const;
  bool is_null(std::size_t row, std::size_t column) const;
  bool boolean(std::size_t row, std::size_t column) const;
  std::int64_t integer(std::size_t row, std::size_t column) const;  // saturated at 64 bits
  /// The whole column of integers, without a null; faster than one by one.
  void integers(std::size_t column, std::vector<std::int64_t>& into) const;
  double number(std::size_t row, std::size_t column) const;  // kInteger too
  std::string_view text(std::size_t row, std::size_t column) const;
  TimePoint timestamp(std::size_t row, std::size_t column) const;

 private:
  struct Handle;
  friend class Rows;
  explicit Chunk(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
};

/// A running query. Must not outlive its connection; used on the connection's thread.
class Rows {
 public:
  Rows(Rows&&) noexcept;
  Rows& operator=(Rows&&) noexcept;
  ~Rows();

  const std::vector<Column>& columns() const;
  /// The next rows, or nothing at the end. Errors: kTimeout when interrupted, or what the query
  /// met.
  Result<std::optional<Chunk>> next();

 private:
  struct Handle;
  friend class Connection;
  explicit Rows(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
};

}  // namespace starling::sql
