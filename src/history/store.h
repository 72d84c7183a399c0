// The history of one node: facts go in without waiting, SQL comes out within limits.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "history/cube_partial.h"
#include "history/export.h"
#include "history/facts.h"
#include "history/query.h"
#include "history/retention_options.h"

namespace starling::history {

struct StoreOptions {
  std::int64_t queue_rows_max = 200'000;
  std::int64_t batch_rows = 10'000;  // written at once when so many wait …
  Duration batch_time{500ms};  // … or when the oldest has waited so long: what a crash can lose
  std::int64_t memory_bytes = 512LL << 20;
  int threads = 2;
  /// Nothing is written while the disk has less free than both, so many bytes and this share of
  /// it: DuckDB's file does not survive a checkpoint that runs out of room.
  std::int64_t free_bytes_min = 256LL << 20;
  double free_share_min = 0.125;
  RetentionOptions retention = {};
  /// The one folder that exports go to; empty: none are possible.
  std::filesystem::path export_directory = {};
};

struct StoreStats {
  std::int64_t rows_written = 0;
  std::int64_t usage_rows_shed = 0;  // dropped because the queue was full
  std::int64_t event_rows_shed = 0;  // everything else so dropped
  std::int64_t rows_lost = 0;        // dropped because the database refused them again and again
  std::string last_error;            // empty when the last batch was written
};

/// Owns the database file: one process at a time. Thread safe.
///
/// The writer's thread does everything else too: roll-up, forecast errors, retention. What is due
/// is judged by the newest fact's time, but not ahead of the machine's clock. A file that a failed
/// write made unusable is opened again; questions meanwhile fail (kUnavailable) or wait. The tables
/// for SQL are explained in docs/history.md.
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
  void record(DemandFact fact);
  void record(ForecastFact fact);
  void record(DecisionFact fact);
  void record(ShadowFact fact);
  void record(BidFact fact);
  void record(PlacementFact fact);
  void record(CostFact fact);
  void record(HealthFact fact);
  /// Where another node is; facts may name it before or after.
  void record(PlaceInfo place);

  /// One SELECT, read-only for real: no write, no file, no network, no setting. See run_query().
  Result<QueryResult> query(const std::string& sql, const QueryLimits& limits = {}) const;

  /// This node's part of a cube. See run_cube().
  Result<CubePartial> cube(const Cube& question, const CubeLimits& limits = {}) const;

  /// Exports to StoreOptions::export_directory: see history/export.h. One at a time: kConflict.
  Result<ExportResult> export_parquet(const ExportRequest& request) const;

  /// Ends questions and exports that run, and those to come: kUnavailable. Facts are recorded as
  /// before.
  void stop_answering();

  /// Waits until everything recorded before is on disk, or was given up (an error), and the tiers
  /// are as far as their time is over.
  Status flush();
  StoreStats stats() const;

 private:
  struct OpenFile;
  struct State;
  explicit Store(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace starling::history
