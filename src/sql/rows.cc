#include "sql/rows.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "sql/handles.h"

namespace starling::sql {
namespace {

template <typename T>
T value_at(const ChunkColumn& column, std::size_t row) {
  return static_cast<const T*>(column.data)[row];
}

std::int64_t saturated(duckdb_hugeint value) {
  const auto low = static_cast<std::int64_t>(value.lower);
  if (value.upper == 0 && low >= 0) return low;
  if (value.upper == -1 && low < 0) return low;
  return value.upper < 0 ? std::numeric_limits<std::int64_t>::min()
                         : std::numeric_limits<std::int64_t>::max();
}

std::int64_t saturated(std::uint64_t value) {
  return static_cast<std::int64_t>(
      std::min<std::uint64_t>(value, std::numeric_limits<std::int64_t>::max()));
}

std::int64_t integer_at(const ChunkColumn& column, duckdb_type type, std::size_t row) {
  switch (type) {
    case DUCKDB_TYPE_TINYINT:
      return value_at<std::int8_t>(column, row);
    case DUCKDB_TYPE_SMALLINT:
      return value_at<std::int16_t>(column, row);
    case DUCKDB_TYPE_INTEGER:
      return value_at<std::int32_t>(column, row);
    case DUCKDB_TYPE_BIGINT:
      return value_at<std::int64_t>(column, row);
    case DUCKDB_TYPE_UTINYINT:
      return value_at<std::uint8_t>(column, row);
    case DUCKDB_TYPE_USMALLINT:
      return value_at<std::uint16_t>(column, row);
    case DUCKDB_TYPE_UINTEGER:
      return value_at<std::uint32_t>(column, row);
    case DUCKDB_TYPE_UBIGINT:
      return saturated(value_at<std::uint64_t>(column, row));
    case DUCKDB_TYPE_HUGEINT:
      return saturated(value_at<duckdb_hugeint>(column, row));
    default:
      assert(!"not an integer column");
      std::abort();
  }
}

ChunkColumn chunk_column(duckdb_vector vector) {
  duckdb_logical_type logical = duckdb_vector_get_column_type(vector);
  ChunkColumn column;
  column.type = duckdb_get_type_id(logical);
  column.data = duckdb_vector_get_data(vector);
  column.validity = duckdb_vector_get_validity(vector);
  if (column.type == DUCKDB_TYPE_DECIMAL) {
    column.decimal_storage = duckdb_decimal_internal_type(logical);
    column.decimal_unit = std::pow(10.0, duckdb_decimal_scale(logical));
  }
  duckdb_destroy_logical_type(&logical);
  return column;
}

}  // namespace

Chunk::Chunk(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
Chunk::Chunk(Chunk&&) noexcept = default;
Chunk& Chunk::operator=(Chunk&&) noexcept = default;
Chunk::~Chunk() = default;

std::size_t Chunk::rows() const { return handle_->rows; }

bool Chunk::is_null(std::size_t row, std::size_t column) const {
  const std::uint64_t* validity = handle_->columns[column].validity;
  return validity != nullptr && ((validity[row / 64] >> (row % 64)) & 1) == 0;
}

bool Chunk::boolean(std::size_t row, std::size_t column) const {
  assert(handle_->columns[column].type == DUCKDB_TYPE_BOOLEAN && !is_null(row, column));
  return value_at<bool>(handle_->columns[column], row);
}

std::int64_t Chunk::integer(std::size_t row, std::size_t column) const {
  assert(!is_null(row, column));
  return integer_at(handle_->columns[column], handle_->columns[column].type, row);
}

void Chunk::integers(std::size_t column, std::vector<std::int64_t>& into) const {
  const ChunkColumn& source = handle_->columns[column];
  into.resize(rows());
  const auto widen = [&]<typename T>(T) {
    std::copy_n(static_cast<const T*>(source.data), rows(), into.begin());
  };
  switch (source.type) {
    case DUCKDB_TYPE_SMALLINT:
      return widen(std::int16_t{});
    case DUCKDB_TYPE_INTEGER:
      return widen(std::int32_t{});
    case DUCKDB_TYPE_BIGINT:
      return widen(std::int64_t{});
    default:
      for (std::size_t row = 0; row < rows(); ++row) into[row] = integer(row, column);
  }
}

double Chunk::number(std::size_t row, std::size_t column) const {
  assert(!is_null(row, column));
  const ChunkColumn& source = handle_->columns[column];
  switch (source.type) {
    case DUCKDB_TYPE_DOUBLE:
      return value_at<double>(source, row);
    case DUCKDB_TYPE_FLOAT:
      return value_at<float>(source, row);
    case DUCKDB_TYPE_HUGEINT:
      return duckdb_hugeint_to_double(value_at<duckdb_hugeint>(source, row));
    case DUCKDB_TYPE_DECIMAL:
      if (source.decimal_storage == DUCKDB_TYPE_HUGEINT) {
        return duckdb_hugeint_to_double(value_at<duckdb_hugeint>(source, row)) /
               source.decimal_unit;
      }
      return static_cast<double>(integer_at(source, source.decimal_storage, row)) /
             source.decimal_unit;
    default:
      return static_cast<double>(integer_at(source, source.type, row));
  }
}

std::string_view Chunk::text(std::size_t row, std::size_t column) const {
  assert(handle_->columns[column].type == DUCKDB_TYPE_VARCHAR && !is_null(row, column));
  auto* strings = static_cast<duckdb_string_t*>(
      const_cast<void*>(handle_->columns[column].data));  // the C API takes no const
  return {duckdb_string_t_data(&strings[row]), duckdb_string_t_length(strings[row])};
}

TimePoint Chunk::timestamp(std::size_t row, std::size_t column) const {
  [[maybe_unused]] const duckdb_type type = handle_->columns[column].type;
  assert((type == DUCKDB_TYPE_TIMESTAMP || type == DUCKDB_TYPE_TIMESTAMP_TZ) &&
         !is_null(row, column));
  return TimePoint{Duration{value_at<duckdb_timestamp>(handle_->columns[column], row).micros}};
}

Rows::Rows(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
Rows::Rows(Rows&&) noexcept = default;
Rows& Rows::operator=(Rows&&) noexcept = default;
Rows::~Rows() = default;

const std::vector<Column>& Rows::columns() const { return handle_->columns; }

Result<std::optional<Chunk>> Rows::next() {
  return guarded([&]() -> Result<std::optional<Chunk>> {
    auto chunk = std::make_unique<Chunk::Handle>();
    chunk->chunk = duckdb_fetch_chunk(handle_->result);
    if (chunk->chunk == nullptr) {
      const char* message = duckdb_result_error(&handle_->result);
      if (message == nullptr || *message == '\0') return std::optional<Chunk>{};
      return fail(error_code(duckdb_result_error_type(&handle_->result)), "{}", words(message));
    }
    chunk->rows = duckdb_data_chunk_get_size(chunk->chunk);
    if (chunk->rows == 0) return std::optional<Chunk>{};
    const idx_t columns = duckdb_data_chunk_get_column_count(chunk->chunk);
    for (idx_t i = 0; i < columns; ++i) {
      chunk->columns.push_back(chunk_column(duckdb_data_chunk_get_vector(chunk->chunk, i)));
    }
    return std::optional<Chunk>(Chunk(std::move(chunk)));
  });
}

}  // namespace starling::sql
