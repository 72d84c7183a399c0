// Fuzzes the SQL that users send: what is let through is one SELECT, and running it changes
// nothing.
#include "fuzz/fuzz.h"
#include "history/query_guard.h"
#include "history/schema.h"
#include "sql/database.h"
#include "sql/deadline.h"

namespace {

using namespace starling;

/// A history in memory whose SQL could write, were it let through.
sql::Connection& connection() {
  static sql::Connection opened = [] {
    auto database = *sql::Database::open("", {.memory_bytes = 64LL << 20,
                                              .external_access = false,
                                              .lock_settings = true,
                                              .spill = false});
    auto connection = *database.connect();
    fuzz::require(history::create_schema(connection).has_value(), "there is a history");
    return connection;
  }();
  return opened;
}

/// All that a statement could have changed, as one text.
std::string state() {
  auto rows = connection().query(
      "SELECT concat_ws(' ', (SELECT count(*) FROM duckdb_tables()), "
      "(SELECT count(*) FROM duckdb_views()), (SELECT count(*) FROM duckdb_databases()), "
      "(SELECT count(*) FROM duckdb_sequences()), "
      "(SELECT count(*) FROM schema_version), (SELECT count(*) FROM fact_usage), "
      "(SELECT md5(string_agg(name || value, ',' ORDER BY name)) FROM duckdb_settings()))");
  fuzz::require(rows.has_value(), "the history still answers");
  auto chunk = rows->next();
  fuzz::require(chunk && *chunk, "the history still answers");
  return std::string((*chunk)->text(0, 0));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string kBefore = state();
  const std::string statement(fuzz::text_of(data, size));
  if (!history::check_statement(connection(), statement)) return 0;
  {
    const sql::Deadline deadline(connection(), 20ms);
    auto rows = connection().query(statement);
    while (rows) {
      const auto chunk = rows->next();
      if (!chunk || !*chunk) break;
    }
  }
  fuzz::require(state() == kBefore, "what is let through changes nothing");
  return 0;
}
