// SQL from users is read-only for real, and bounded in time, rows and memory.
#include "history/query.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <future>
#include <thread>

#include "history/store.h"

namespace starling::history {
namespace {

using testing::HasSubstr;

class QueryTest : public testing::Test {
 protected:
  QueryTest() {
    char name[] = "/tmp/starling-query-XXXXXX";
    folder_ = ::mkdtemp(name);
    auto store = Store::open(folder_ / "history.db", {"aws", "eu", "a", "n1"});
    if (!store) throw std::runtime_error(store.error().message);
    store_ = std::move(*store);
    UsageFact fact;
    fact.model = {"demo", "digits", "1"};
    for (int i = 0; i < 5000; ++i) {
      fact.time = TimePoint{i * 1s};
      fact.arrivals = i;
      store_->record(fact);
    }
    EXPECT_TRUE(store_->flush());
  }
  ~QueryTest() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::filesystem::path folder_;
  std::unique_ptr<Store> store_;
};

TEST_F(QueryTest, NothingButOneSelectIsRun) {
  const std::string out = (folder_ / "out.csv").string();
  for (const std::string& statement : std::vector<std::string>{
           "INSERT INTO fact_usage SELECT * FROM fact_usage",
           "DELETE FROM fact_usage",
           "UPDATE fact_usage SET arrivals = 0",
           "DROP TABLE fact_usage",
           "DROP VIEW usage",
           "CREATE TABLE t AS SELECT 1",
           "CREATE TEMP TABLE t AS SELECT 1",
           "CREATE SEQUENCE s",
           "TRUNCATE fact_usage",
           "ALTER TABLE fact_usage ADD COLUMN x INTEGER",
           "COPY fact_usage TO '" + out + "'",
           "COPY (SELECT 1) TO '" + out + "'",
           "EXPORT DATABASE '" + out + "'",
           "ATTACH '" + out + "' AS other",
           "DETACH history",
           "INSTALL httpfs",
           "LOAD icu",
           "SET threads = 1",
           "SET enable_external_access = true",
           "SET GLOBAL lock_configuration = false",
           "RESET memory_limit",
           "PRAGMA threads = 1",
           "PRAGMA enable_profiling",
           "PRAGMA database_list; DROP TABLE fact_usage",
           "CALL force_checkpoint()",
           "CHECKPOINT",
           "VACUUM",
           "BEGIN",
           "COMMIT; DROP TABLE fact_usage",
           "ROLLBACK",
           "SELECT 1; DROP TABLE fact_usage",
           "SELECT 1; SELECT 2",
           "PREPARE p AS SELECT 1",
           "EXECUTE p",
           "EXPLAIN ANALYZE DELETE FROM fact_usage",
           "WITH x AS (DELETE FROM fact_usage RETURNING *) SELECT * FROM x",
           "",
           ";",
           "-- nothing",
       }) {
    const auto result = store_->query(statement);
    EXPECT_FALSE(result) << "ran: " << statement;
    if (!result) {
      EXPECT_EQ(result.error().code, ErrorCode::kInvalid) << statement;
    }
  }
  EXPECT_FALSE(std::filesystem::exists(out));
  EXPECT_EQ(store_->query("SELECT count(*) FROM usage")->rows.dump(), "[[5000]]");
}

TEST_F(QueryTest, ASelectReachesNoFileAndNoNetwork) {
  for (const char* statement : {"SELECT * FROM read_csv('/etc/passwd')",
                                "SELECT * FROM read_text('/etc/passwd')",
                                "SELECT * FROM read_blob('/etc/passwd')",
                                "SELECT * FROM '/etc/passwd'",
                                "SELECT * FROM glob('/etc/*')",
                                "SELECT * FROM parquet_scan('/tmp/x.parquet')",
                                "SELECT * FROM read_json('/etc/passwd')",
                                "SELECT * FROM sniff_csv('/etc/passwd')",
                                "SELECT * FROM read_csv('https://example.org/x.csv')",
                                "SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')",
                                "SELECT getenv('HOME')",
                                "SELECT current_setting('secret_directory')",
                                "FROM duckdb_secrets()",
                                "FROM which_secret('s3://a', 's3')",
                                "FROM duckdb_settings()",
                                "FROM query_table('/etc/passwd')",
                                "FROM 'https://example.org/x.parquet'",
                                "WITH \"/etc/passwd\" AS (SELECT 1) FROM \"/etc/passwd\"",
                                "DESCRIBE '/etc/passwd'",
                                "SELECT * FROM \"/etc\".\"x.parquet\"",
                                "FROM parquet",
                                "SUMMARIZE 'x.csv'",
                                "FROM sqlite_scan('/tmp/x', 't')",
                                "FROM duckdb_logs()"}) {
    const auto result = store_->query(statement);
    EXPECT_FALSE(result) << "ran: " << statement;
  }
}

TEST_F(QueryTest, FunctionsThatChangeSomethingAreRefusedHoweverTheyAreSpelt) {
  for (const std::string& statement : std::vector<std::string>{
           "SELECT * FROM enable_logging()",
           "SELECT * FROM Enable_Logging('QueryLog', storage := 'file', storage_config := {'path': "
           "'" +
               (folder_ / "log").string() + "'})",
           "FROM \"force_checkpoint\"()", "SELECT * FROM checkpoint/* */()",
           "SELECT write_log('x')", "WITH a AS (FROM truncate_duckdb_logs()) FROM a",
           "SELECT (SELECT count(*) FROM disable_logging())",
           "FROM query('FROM enable_' || 'logging()')", "CALL enable_logging()",
           "FROM arrow_scan(1, 2, 3)",
           "FROM json_execute_serialized_sql(json_serialize_sql('FROM enable_logging()'))",
           "FROM range(3), LATERAL (FROM checkpoint())", "SELECT setseed(0.5)",
           "SELECT * FROM pragma_storage_info('fact_usage')", "CREATE MACRO m() AS 1",
           "CREATE OR REPLACE MACRO time_minute(t) AS 0", "SET VARIABLE x = 1",
           "MERGE INTO fact_usage USING usage ON false WHEN MATCHED THEN DELETE"}) {
    const auto result = store_->query(statement);
    EXPECT_FALSE(result) << "ran: " << statement;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "log"));
}

TEST_F(QueryTest, ARunawayQueryIsStopped) {
  for (const char* statement :
       {"SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b",
        "SELECT a.range FROM range(10000000) a, range(10000000) b WHERE a.range + b.range = -1",
        "WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r) SELECT max(i) FROM r",
        "SELECT count(*) FROM usage a, usage b, usage c, usage d WHERE a.arrivals > d.arrivals"}) {
    const auto result = store_->query(statement, {.time_max = 100ms});
    ASSERT_FALSE(result) << statement;
    EXPECT_EQ(result.error().code, ErrorCode::kTimeout) << result.error().message;
    EXPECT_THAT(result.error().message, HasSubstr("0.1 s"));
  }
  EXPECT_TRUE(store_->query("SELECT 1")) << "the store must go on";
}

TEST_F(QueryTest, AStoreThatStopsAnsweringEndsWhatRunsAndGoesOnWriting) {
  auto running = std::async(std::launch::async, [&] {
    return store_->query("SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b",
                         {.time_max = 10min});
  });
  std::this_thread::sleep_for(50ms);
  store_->stop_answering();
  const auto result = running.get();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(result.error().message, HasSubstr("stopping"));
  UsageFact fact;
  fact.model = {"demo", "digits", "1"};
  store_->record(fact);
  EXPECT_TRUE(store_->flush());
}

TEST_F(QueryTest, AQueryThatNeedsTooMuchMemoryFailsAndWritingGoesOn) {
  auto store =
      Store::open(folder_ / "small.db", {"aws", "eu", "a", "n1"}, {.memory_bytes = 64 << 20});
  ASSERT_TRUE(store) << store.error().message;
  const auto result = (*store)->query(
      "SELECT list(range::VARCHAR || repeat('x', 100)) FROM range(20000000)", {.time_max = 60s});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kTooLarge) << result.error().message;
  UsageFact fact;
  fact.model = {"demo", "digits", "1"};
  (*store)->record(fact);
  EXPECT_TRUE((*store)->flush());
}

TEST_F(QueryTest, RowsAndBytesAreBoundedAndSaidSo) {
  auto result = store_->query("SELECT arrivals FROM usage ORDER BY arrivals", {.rows_max = 3});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->to_json().dump(),
            R"({"columns":["arrivals"],"rows":[[0],[1],[2]],"truncated":true})");
  result = store_->query("SELECT arrivals FROM usage", {.rows_max = 5000});
  EXPECT_EQ(result->rows.size(), 5000u);
  EXPECT_FALSE(result->truncated);
  result = store_->query("SELECT repeat('x', 1000) FROM usage", {.bytes_max = 10'500});
  EXPECT_EQ(result->rows.size(), 10u);
  EXPECT_TRUE(result->truncated);
}

TEST_F(QueryTest, ManyColumnsOfNumbersCountAsWell) {
  std::string columns = "1";
  for (int i = 1; i < 2000; ++i) columns += ",1";
  const auto result =
      store_->query("SELECT " + columns + " FROM range(10000)", {.bytes_max = 1 << 20});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_TRUE(result->truncated);
  EXPECT_EQ(result->rows.size(), (1U << 20) / (2000 * sizeof(nlohmann::json)));
}

TEST_F(QueryTest, EveryTypeHasAReadableForm) {
  const auto result = store_->query(
      "SELECT true AS x, 1 AS x, 0.5, 'ü', NULL, TIMESTAMP '2024-05-06 01:02:03.5', "
      "DATE '2024-05-06', INTERVAL 90 SECOND, [1, 2], {'a': 1}, 'nan'::DOUBLE, sum(arrivals) "
      "FROM usage -- and a comment");
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->columns[0], "x");
  EXPECT_EQ(result->columns[1], "x");
  EXPECT_EQ(result->rows.dump(),
            R"([[true,1,0.5,"ü",null,"2024-05-06T01:02:03.500000Z","2024-05-06","00:01:30",)"
            R"("[1, 2]","{'a': 1}",null,12497500]])");
}

TEST_F(QueryTest, ErrorsCarryTheWordsThatHelp) {
  EXPECT_THAT(store_->query("SELECT arivals FROM usage").error().message, HasSubstr("arrivals"));
  EXPECT_THAT(store_->query("SELECT * FROM usages").error().message, HasSubstr("usage"));
}

TEST_F(QueryTest, WhatPeopleWriteWorks) {
  for (const char* statement :
       {"SHOW TABLES", "SHOW ALL TABLES", "SUMMARIZE usage", "FROM duckdb_tables()",
        "SELECT * FROM range(3) r(i) JOIN generate_series(1, 2) ON true", "SELECT unnest([1, 2])",
        "FROM unnest([1, 2])", "PIVOT usage ON model IN ('digits') USING sum(arrivals)",
        "WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r WHERE i < 3) FROM r",
        "WITH a AS (FROM usage), b AS (FROM a) SELECT count(*) FROM b", "FROM main.usage",
        "SELECT table_name FROM information_schema.tables", "SUMMARIZE fact_usage",
        "SELECT model, lag(arrivals) OVER (ORDER BY time) FROM usage LIMIT 2", "VALUES (1)"}) {
    const auto result = store_->query(statement);
    EXPECT_TRUE(result) << statement << ": " << result.error().message;
  }
  const auto described = store_->query("DESCRIBE usage;");
  ASSERT_TRUE(described) << described.error().message;
  EXPECT_THAT(described->rows.dump(), HasSubstr("arrivals"));
}

}  // namespace
}  // namespace starling::history
