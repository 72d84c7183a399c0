// The history of one node: facts go in without waiting, SQL comes out within limits.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "history/facts.h"
#include "history/query.h"

namespace starling::history {

struct StoreOptions {
  std::int64_t queue_rows_max = 200'000;
  std::int64_t batch_rows = 10'000;  // written at once when so many wait …
  Duration batch_time{500ms};  // … or when the oldest has waited so long: what a crash can lose
  std::int64_t memory_bytes = 512LL << 20;
  int threads = 2;
};

struct StoreStats {
  std::int64_t rows_written = 0;
  std::int64_t usage_rows_shed = 0;  // dropped because the queue was full
  std::int64_t event_rows_shed = 0;  // forecasts, decisions and placements so dropped
  std::int64_t rows_lost = 0;        // dropped because the database refused them again and again
  std::string last_error;            // empty when the last batch was written
};

/// Owns the database file: one process at a time. Thread safe.
///
/// Tables for SQL (see schema.cc): usage, forecast, decision, placement and forecast_error, each
/// with time, minute, hour, day, week, tenant, model, version, cloud, region, zone and node.
class Store {
 public:
  /// Opens or creates the file. Errors: kConflict when another agent owns the file, kInvalid when
  /// it is no history or one of another version; both name the file.
  static Result<std::unique_ptr<Store>> open(const std::string& path, const PlaceInfo& own,
                                             const StoreOptions& options = {});
  /// Writes what is queued, then closes the file.
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Queue one fact and return at once. When the queue is full the oldest usage samples are
  /// dropped, and counted in stats().
  void record(UsageFact fact);
  void record(ForecastFact fact);
  void record(DecisionFact fact);
  void record(PlacementFact fact);
  /// Where another node is; facts may name it before or after.
  void record(PlaceInfo place);

  /// One SELECT, read-only for real: no write, no file, no network, no setting. See run_query().
  Result<QueryResult> query(const std::string& sql, const QueryLimits& limits = {}) const;

  /// Waits until everything recorded before is on disk, or was given up (an error).
  Status flush();
  StoreStats stats() const;

 private:
  struct State;
  explicit Store(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace starling::history
