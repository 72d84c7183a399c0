#include "sql/appender.h"

#include "sql/handles.h"

namespace starling::sql {
namespace {

/// Length of the UTF-8 character at the beginning of a text that is not empty, 0 if it is none.
/// (RFC 3629: no overlong forms, no surrogates, nothing over U+10FFFF.)
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool surrogate = first == 0xED && byte(1) > 0x9F;
  const bool too_high = first == 0xF4 && byte(1) > 0x8F;
  return overlong || surrogate || too_high ? 0 : length;
}

/// The text with '?' for every byte that is not UTF-8, or the text itself if all are.
std::string_view as_utf8(std::string_view text, std::string& storage) {
  std::size_t end = 0;
  while (end < text.size() && utf8_length(text.substr(end)) > 0)
    end += utf8_length(text.substr(end));
  if (end == text.size()) return text;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text.substr(i));
    storage += length == 0 ? "?" : text.substr(i, length);
    i += length == 0 ? 1 : length;
  }
  return storage;
}

}  // namespace

struct Appender::Handle {
  duckdb_appender appender = nullptr;
  std::string table;

  ~Handle() { duckdb_appender_destroy(&appender); }

  Status failed() const {
    duckdb_error_data error = duckdb_appender_error_data(appender);
    const std::string message = duckdb_error_data_message(error);
    const ErrorCode code = error_code(duckdb_error_data_error_type(error));
    duckdb_destroy_error_data(&error);
    return fail(code, "table {}: {}", table, message);
  }
};

Appender::Appender(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
Appender::Appender(Appender&&) noexcept = default;
Appender& Appender::operator=(Appender&&) noexcept = default;
Appender::~Appender() = default;

Result<Appender> Appender::open(Connection& connection, const std::string& table) {
  auto handle = std::make_unique<Handle>();
  handle->table = table;
  if (duckdb_appender_create(connection.handle_->connection, nullptr, table.c_str(),
                             &handle->appender) != DuckDBSuccess) {
    return fail(handle->failed().error());
  }
  return Appender(std::move(handle));
}

// A failed append leaves its row incomplete, and DuckDB then refuses the row's end: no need to
// check each.
Appender& Appender::add(std::nullptr_t) {
  duckdb_append_null(handle_->appender);
  return *this;
}
Appender& Appender::add(bool value) {
  duckdb_append_bool(handle_->appender, value);
  return *this;
}
Appender& Appender::add(std::int32_t value) {
  duckdb_append_int32(handle_->appender, value);
  return *this;
}
Appender& Appender::add(std::int64_t value) {
  duckdb_append_int64(handle_->appender, value);
  return *this;
}
Appender& Appender::add(double value) {
  duckdb_append_double(handle_->appender, value);
  return *this;
}
Appender& Appender::add(std::string_view value) {
  std::string storage;
  const std::string_view text = as_utf8(value, storage);
  duckdb_append_varchar_length(handle_->appender, text.data(), text.size());
  return *this;
}
Appender& Appender::add(TimePoint value) {
  duckdb_append_timestamp(handle_->appender, {value.time_since_epoch().count()});
  return *this;
}

Status Appender::end_row() {
  if (duckdb_appender_end_row(handle_->appender) != DuckDBSuccess) return handle_->failed();
  return {};
}

Status Appender::flush() {
  if (duckdb_appender_flush(handle_->appender) != DuckDBSuccess) return handle_->failed();
  return {};
}

}  // namespace starling::sql
