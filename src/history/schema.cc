#include "history/schema.h"

#include <string_view>

#include "history/dimension_view.sql.h"
#include "history/history_macros.sql.h"
#include "history/history_tables.sql.h"
#include "history/latency_percentiles.sql.h"
#include "history/migrate_2.sql.h"
#include "history/migrate_3.sql.h"
#include "history/migrate_5.sql.h"

namespace starling::history {
namespace {

struct View {
  const char* name;
  const char* table;
  const char* extra = "";  // columns of its own, each with a comma behind it
  bool has_model = true;
};

constexpr View kViews[] = {
    {"usage", "fact_usage"},
    {"usage_minute", "tier_usage_minute"},
    {"usage_hour", "tier_usage_hour"},
    {"latency", "fact_latency", "latency_bucket_ms(bucket) AS bucket_ms,"},
    {"latency_minute", "tier_latency_minute", "latency_bucket_ms(bucket) AS bucket_ms,"},
    {"latency_hour", "tier_latency_hour", "latency_bucket_ms(bucket) AS bucket_ms,"},
    {"demand", "fact_demand"},
    {"demand_minute", "tier_demand_minute"},
    {"forecast", "fact_forecast"},
    {"forecast_error", "fact_forecast_error", "q50 - actual AS error,"},
    {"decision", "fact_decision"},
    {"shadow", "fact_shadow"},
    {"bid", "fact_bid"},
    {"placement", "fact_placement"},
    {"cost", "fact_cost"},
    {"cost_hour", "tier_cost_hour"},
    {"health", "fact_health", "", false},
    {"health_hour", "tier_health_hour", "", false},
};

std::string definition(const View& view) {
  return fmt::format(
      kDimensionViewSql, fmt::arg("view", view.name), fmt::arg("table", view.table),
      fmt::arg("extra", view.extra),
      fmt::arg("keys", view.has_model ? "model_id, place_id" : "place_id"),
      fmt::arg("model_columns", view.has_model ? "tenant, model, version," : ""),
      fmt::arg("model_join", view.has_model ? "JOIN dim_model USING (model_id)" : ""));
}

/// The version that the file says it has, 0 for a new file.
Result<std::int64_t> stored_version(sql::Connection& connection) {
  const Status created =
      connection.execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)");
  if (!created) return fail(created.error());
  auto rows = connection.query("SELECT coalesce(max(version), 0) FROM schema_version");
  if (!rows) return fail(rows.error());
  auto chunk = rows->next();
  if (!chunk) return fail(chunk.error());
  return (*chunk)->integer(0, 0);
}

Status bring_up_to_date(sql::Connection& connection, std::int64_t version) {
  if (version == 1) {
    if (Status status = connection.execute(std::string(kMigrate2Sql)); !status) return status;
  }
  if (version == 1 || version == 2) {
    if (Status status = connection.execute(std::string(kMigrate3Sql)); !status) return status;
  }
  // Version 4 brought a table and changed none: what is missing is created.
  if (version >= 1 && version <= 4) {
    if (Status status = connection.execute(std::string(kMigrate5Sql)); !status) return status;
  }
  if (Status status = connection.execute(std::string(kHistoryTablesSql)); !status) return status;
  if (version != kSchemaVersion) {
    const Status status = connection.execute(fmt::format(
        "DELETE FROM schema_version; INSERT INTO schema_version VALUES ({})", kSchemaVersion));
    if (!status) return status;
  }
  std::string views(kHistoryMacrosSql);
  for (const View& view : kViews) views += definition(view);
  views += kLatencyPercentilesSql;
  return connection.execute(views);
}

}  // namespace

std::vector<std::string> exportable_views() {
  std::vector<std::string> names;
  for (const View& view : kViews) names.emplace_back(view.name);
  return names;
}

Status create_schema(sql::Connection& connection) {
  const auto version = stored_version(connection);
  if (!version) return fail(version.error());
  if (*version < 0 || *version > kSchemaVersion) {
    return fail(ErrorCode::kInvalid,
                "its history has schema version {}, this program knows versions up to {}: use a "
                "newer program, or move the file away to begin a new one",
                *version, kSchemaVersion);
  }
  if (Status status = connection.execute("BEGIN TRANSACTION"); !status) return status;
  Status status = bring_up_to_date(connection, *version);
  if (status) status = connection.execute("COMMIT");
  if (!status) static_cast<void>(connection.execute("ROLLBACK"));
  return status;
}

}  // namespace starling::history
