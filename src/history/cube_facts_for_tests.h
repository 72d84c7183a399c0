// A small history with facts of every kind, for the tests of the cube.
#pragma once

#include <string>
#include <vector>

#include "base/latency_histogram.h"
#include "base/rng.h"
#include "history/cube.h"
#include "history/schema.h"
#include "sql/appender.h"
#include "sql/database.h"

namespace starling::history {

/// `body` as parse_cube() reads it, which must be right.
inline Cube cube_of(const char* body) {
  auto cube = parse_cube(nlohmann::json::parse(body), *parse_iso8601("2026-01-31T12:00:00Z"));
  if (!cube) throw std::runtime_error(cube.error().message);
  return *cube;
}

inline void require(const Status& status) {
  if (!status) throw std::runtime_error(status.error().message);
}

/// Two models on four nodes in two clouds, a row each for every `step` from `since` on: usage,
/// latencies, cost and health, with tiers up to date with tier_state. One history a call.
class CubeHistory {
 public:
  CubeHistory()
      : database_(*sql::Database::open("", {.threads = 2})), connection_(*database_.connect()) {
    require(create_schema(connection_));
    require(connection_.execute(
        "INSERT INTO dim_model VALUES (1, 'demo', 'digits', '1'), (2, 'lab', 'tones', '1');"
        "INSERT INTO dim_place VALUES (1, 'aws', 'eu', 'a', 'n1'), (2, 'aws', 'eu', 'b', 'n2'),"
        " (3, 'gcp', 'us', 'a', 'n3'), (4, 'gcp', 'us', 'b', 'n4')"));
  }

  const sql::Database& database() const { return database_; }
  sql::Connection& connection() { return connection_; }

  void fill(TimePoint since, int rows, Duration step, Rng& rng,
            std::vector<int> places = {1, 2, 3, 4}) {
    auto usage = *sql::Appender::open(connection_, "fact_usage");
    auto latency = *sql::Appender::open(connection_, "fact_latency");
    auto cost = *sql::Appender::open(connection_, "fact_cost");
    for (int i = 0; i < rows; ++i) {
      const TimePoint time = since + i * step;
      for (const int place : places) {
        for (const int model : {1, 2}) {
          const auto completed = static_cast<std::int64_t>(rng.below(20));
          usage.add(time)
              .add(model)
              .add(place)
              .add(completed + 1)
              .add(completed)
              .add(std::int64_t{1});
          usage.add(completed / 2).add(rng.uniform() * 4).add(rng.uniform()).add(completed * 10.0);
          usage.add(static_cast<std::int32_t>(rng.below(5))).add(rng.uniform()).add(seconds(step));
          require(usage.end_row());
          latency.add(time).add(model).add(place).add(
              static_cast<std::int32_t>(500 + rng.below(100)));
          latency.add(completed);
          require(latency.end_row());
          cost.add(time).add(model).add(place).add(seconds(step)).add(2 * seconds(step));
          cost.add(seconds(step)).add(0.01).add(seconds(step));
          require(cost.end_row());
        }
      }
    }
    for (auto* rows_of : {&usage, &latency, &cost}) require(rows_of->flush());
  }

  /// Moves what is older than `minutes` and `hours` into the tiers, in the words of the tables.
  void roll_up_until(TimePoint minutes, TimePoint hours) {
    const auto roll = [&](const char* tier, const char* unit, const char* from, TimePoint until,
                          const char* columns) {
      auto rows = connection_.query(
          fmt::format(
              "INSERT INTO {} SELECT date_trunc('{}', time) AS minute, model_id, place_id, {} "
              "FROM {} WHERE time < $1 GROUP BY ALL",
              tier, unit, columns, from),
          {until});
      if (!rows) throw std::runtime_error(rows.error().message);
      while (*rows->next()) {
      }
      rows =
          connection_.query("INSERT INTO tier_state VALUES ($1, $2)", {std::string(tier), until});
      while (*rows->next()) {
      }
    };
    const char* usage =
        "sum(arrivals), sum(completed), sum(failed), sum(within_slo),"
        "sum(in_flight * seconds) / sum(seconds), sum(queued * seconds) / sum(seconds),"
        "sum(latency_sum_ms), sum(replicas_ready * seconds) / sum(seconds),"
        "sum(cpu_cores * seconds) / sum(seconds), sum(seconds), max(arrivals), max(in_flight)";
    roll("tier_usage_minute", "minute", "fact_usage", minutes, usage);
    roll("tier_usage_hour", "hour", "tier_usage_minute", hours, usage);
    roll("tier_latency_minute", "minute", "fact_latency", minutes, "bucket, sum(count)");
    roll("tier_latency_hour", "hour", "tier_latency_minute", hours, "bucket, sum(count)");
    roll("tier_cost_hour", "hour", "fact_cost", hours,
         "sum(replica_seconds), sum(cpu_core_seconds), sum(memory_gib_seconds), sum(cost), "
         "sum(seconds)");
  }

 private:
  sql::Database database_;
  sql::Connection connection_;
};

}  // namespace starling::history
