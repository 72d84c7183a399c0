// Bulk insertion into one table.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "sql/database.h"

namespace starling::sql {

/// A thousand times faster than single INSERTs. Add the table's columns in their order, then end
/// the row. Rows are part of the connection's transaction, if it has one, and visible to others
/// once flushed and committed. Must not outlive the connection; same thread.
class Appender {
 public:
  static Result<Appender> open(Connection& connection, const std::string& table);
  Appender(Appender&&) noexcept;
  Appender& operator=(Appender&&) noexcept;
  /// Flushes, but cannot report an error: call flush() where one matters.
  ~Appender();

  Appender& add(std::nullptr_t);
  Appender& add(bool value);
  Appender& add(std::int32_t value);
  Appender& add(std::int64_t value);
  Appender& add(double value);
  /// Bytes that are not UTF-8 become '?': DuckDB would refuse the whole batch for one of them.
  Appender& add(std::string_view value);
  Appender& add(const char* value) { return add(std::string_view(value)); }
  Appender& add(const std::string& value) { return add(std::string_view(value)); }
  Appender& add(TimePoint value);
  /// Ends the row. A failed add() of the row shows here.
  Status end_row();
  Status flush();

 private:
  struct Handle;
  explicit Appender(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
};

}  // namespace starling::sql
