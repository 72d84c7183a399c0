#include "sql/appender.h"

#include <cmath>
#include <limits>
#include <vector>

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

template <typename T>
void store(void* data, idx_t row, T value) {
  static_cast<T*>(data)[row] = value;
}

template <typename T>
bool fits(std::int64_t value) {
  return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
}

}  // namespace

/// One column of the chunk being filled.
struct AppendTarget {
  duckdb_type type = DUCKDB_TYPE_INVALID;
  duckdb_vector vector = nullptr;
  void* data = nullptr;
};

namespace {

/// False where the column's type does not hold the value.
bool put(const AppendTarget& target, idx_t row, std::int64_t value) {
  switch (target.type) {
    case DUCKDB_TYPE_BIGINT:
      store(target.data, row, value);
      return true;
    case DUCKDB_TYPE_INTEGER:
      store(target.data, row, static_cast<std::int32_t>(value));
      return fits<std::int32_t>(value);
    case DUCKDB_TYPE_SMALLINT:
      store(target.data, row, static_cast<std::int16_t>(value));
      return fits<std::int16_t>(value);
    case DUCKDB_TYPE_TINYINT:
      store(target.data, row, static_cast<std::int8_t>(value));
      return fits<std::int8_t>(value);
    case DUCKDB_TYPE_DOUBLE:
      store(target.data, row, static_cast<double>(value));
      return true;
    default:
      return false;
  }
}

bool put(const AppendTarget& target, idx_t row, double value) {
  if (target.type == DUCKDB_TYPE_DOUBLE) {
    store(target.data, row, value);
    return true;
  }
  constexpr double kExact = 9007199254740992;  // whole numbers up to 2^53 survive the conversion
  return std::abs(value) <= kExact && std::trunc(value) == value &&
         put(target, row, static_cast<std::int64_t>(value));
}

bool put(const AppendTarget& target, idx_t row, std::string_view value) {
  if (target.type != DUCKDB_TYPE_VARCHAR) return false;
  std::string storage;
  const std::string_view text = as_utf8(value, storage);
  duckdb_vector_assign_string_element_len(target.vector, row, text.data(), text.size());
  return true;
}

bool put(const AppendTarget& target, idx_t row, std::nullptr_t) {
  duckdb_vector_ensure_validity_writable(target.vector);
  duckdb_validity_set_row_invalid(duckdb_vector_get_validity(target.vector), row);
  return true;
}

bool put(const AppendTarget& target, idx_t row, bool value) {
  if (target.type != DUCKDB_TYPE_BOOLEAN) return false;
  store(target.data, row, value);
  return true;
}

bool put(const AppendTarget& target, idx_t row, TimePoint value) {
  if (target.type != DUCKDB_TYPE_TIMESTAMP) return false;
  store(target.data, row, value.time_since_epoch().count());
  return true;
}

}  // namespace

struct Appender::Handle {
  duckdb_appender appender = nullptr;
  std::string table;
  duckdb_data_chunk chunk = nullptr;
  std::vector<AppendTarget> columns;
  idx_t rows = 0;        // complete ones in the chunk
  std::size_t next = 0;  // column
  bool misfit = false;   // a value of this row is of a type that its column does not hold
  std::size_t misfit_column = 0;

  ~Handle() {
    duckdb_destroy_data_chunk(&chunk);
    duckdb_appender_destroy(&appender);
  }

  Status failed() const {
    duckdb_error_data error = duckdb_appender_error_data(appender);
    const std::string message = words(duckdb_error_data_message(error));
    const ErrorCode code = error_code(duckdb_error_data_error_type(error));
    duckdb_destroy_error_data(&error);
    return fail(code, "table {}: {}", table, message);
  }

  void create_chunk() {
    std::vector<duckdb_logical_type> types(duckdb_appender_column_count(appender));
    columns.resize(types.size());
    for (std::size_t i = 0; i < types.size(); ++i) {
      types[i] = duckdb_appender_column_type(appender, i);
      columns[i].type = duckdb_get_type_id(types[i]);
    }
    chunk = duckdb_create_data_chunk(types.data(), types.size());
    for (duckdb_logical_type& type : types) duckdb_destroy_logical_type(&type);
    aim();
  }

  void aim() {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      columns[i].vector = duckdb_data_chunk_get_vector(chunk, i);
      columns[i].data = duckdb_vector_get_data(columns[i].vector);
    }
  }

  template <typename T>
  void add(T value) {
    if (next < columns.size() && !put(columns[next], rows, value) && !misfit) {
      misfit = true;
      misfit_column = next;
    }
    ++next;
  }

  Status end_row() {
    if (next != columns.size()) {
      return fail(ErrorCode::kInternal, "table {}: {} values for its {} columns", table, next,
                  columns.size());
    }
    if (misfit) {
      return fail(ErrorCode::kInternal, "table {}: column {} does not hold such a value", table,
                  misfit_column + 1);
    }
    next = 0;
    ++rows;
    return rows == duckdb_vector_size() ? hand_over() : Status{};
  }

  Status hand_over() {
    if (rows == 0) return {};
    duckdb_data_chunk_set_size(chunk, rows);
    if (duckdb_append_data_chunk(appender, chunk) != DuckDBSuccess) return failed();
    duckdb_data_chunk_reset(chunk);
    aim();
    rows = 0;
    return {};
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
  handle->create_chunk();
  return Appender(std::move(handle));
}

Appender& Appender::add(std::nullptr_t) {
  handle_->add(nullptr);
  return *this;
}
Appender& Appender::add(bool value) {
  handle_->add(value);
  return *this;
}
Appender& Appender::add(std::int32_t value) {
  handle_->add(std::int64_t{value});
  return *this;
}
Appender& Appender::add(std::int64_t value) {
  handle_->add(value);
  return *this;
}
Appender& Appender::add(double value) {
  handle_->add(value);
  return *this;
}
Appender& Appender::add(std::string_view value) {
  handle_->add(value);
  return *this;
}
Appender& Appender::add(TimePoint value) {
  handle_->add(value);
  return *this;
}

Status Appender::end_row() { return handle_->end_row(); }

Status Appender::flush() {
  return guarded([&]() -> Status {
    if (Status status = handle_->hand_over(); !status) return status;
    if (duckdb_appender_flush(handle_->appender) != DuckDBSuccess) return handle_->failed();
    return {};
  });
}

}  // namespace starling::sql
