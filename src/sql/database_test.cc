// What the rest of the program relies on of DuckDB: types, parameters, errors, limits of access.
#include "sql/database.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "sql/appender.h"

namespace starling::sql {
namespace {

using testing::HasSubstr;

class DatabaseTest : public testing::Test {
 protected:
  Connection connect(const DatabaseOptions& options = {}) {
    auto database = Database::open("", options);
    EXPECT_TRUE(database) << database.error().message;
    return std::move(*database->connect());
  }
};

TEST_F(DatabaseTest, ReadsEveryTypeByColumn) {
  Connection connection = connect();
  auto rows = connection.query(
      "SELECT true, 7::TINYINT, -3::BIGINT, 18446744073709551615::UBIGINT, sum(5), 1.25, "
      "12.5::FLOAT, "
      "'a text of more than twelve bytes', TIMESTAMP '1970-01-01 00:00:01', NULL::DOUBLE, "
      "DATE '2020-01-01', 12345678901234567890.5::DECIMAL(30,1)");
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(rows->columns()[10].type, Type::kOther);
  EXPECT_EQ(rows->columns()[7].type, Type::kText);
  auto chunk = rows->next();
  ASSERT_TRUE(chunk && *chunk);
  const Chunk& row = **chunk;
  EXPECT_TRUE(row.boolean(0, 0));
  EXPECT_EQ(row.integer(0, 1), 7);
  EXPECT_EQ(row.integer(0, 2), -3);
  EXPECT_EQ(row.integer(0, 3), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(row.integer(0, 4), 5);
  EXPECT_DOUBLE_EQ(row.number(0, 5), 1.25);
  EXPECT_DOUBLE_EQ(row.number(0, 6), 12.5);
  EXPECT_EQ(row.text(0, 7), "a text of more than twelve bytes");
  EXPECT_EQ(row.timestamp(0, 8), TimePoint{1s});
  EXPECT_TRUE(row.is_null(0, 9));
  EXPECT_DOUBLE_EQ(row.number(0, 11), 12345678901234567890.5);
  const auto end = rows->next();
  EXPECT_TRUE(end && !*end);
}

TEST_F(DatabaseTest, BindsParametersAsDataNeverAsSql) {
  Connection connection = connect();
  const std::string hostile = "'; DROP TABLE t; --";
  auto rows = connection.query("SELECT $1, $2 + 1, $3 IS NULL, $4::TIMESTAMP",
                               {hostile, std::int64_t{41}, nullptr, TimePoint{5s}});
  ASSERT_TRUE(rows) << rows.error().message;
  auto chunk = rows->next();
  ASSERT_TRUE(chunk && *chunk);
  EXPECT_EQ((*chunk)->text(0, 0), hostile);
  EXPECT_EQ((*chunk)->integer(0, 1), 42);
  EXPECT_TRUE((*chunk)->boolean(0, 2));
  EXPECT_EQ((*chunk)->timestamp(0, 3), TimePoint{5s});
  EXPECT_THAT(connection.query("SELECT $1", {}).error().message, HasSubstr("1 parameters"));
}

TEST_F(DatabaseTest, AppendsAndReadsBackInOrderOverManyChunks) {
  Connection connection = connect();
  ASSERT_TRUE(connection.execute("CREATE TABLE t (i BIGINT, name VARCHAR)"));
  {
    auto appender = Appender::open(connection, "t");
    ASSERT_TRUE(appender) << appender.error().message;
    for (std::int64_t i = 0; i < 10'000; ++i) {
      ASSERT_TRUE(appender->add(i).add("n" + std::to_string(i)).end_row());
    }
    ASSERT_TRUE(appender->flush());
  }
  auto rows = connection.query("SELECT * FROM t");
  std::int64_t expected = 0;
  for (auto chunk = rows->next(); chunk && *chunk; chunk = rows->next()) {
    for (std::size_t row = 0; row < (*chunk)->rows(); ++row, ++expected) {
      ASSERT_EQ((*chunk)->integer(row, 0), expected);
      ASSERT_EQ((*chunk)->text(row, 1), "n" + std::to_string(expected));
    }
  }
  EXPECT_EQ(expected, 10'000);
}

TEST_F(DatabaseTest, AColumnOfIntegersIsItsRowsOneByOneOfAnyWidth) {
  Connection connection = connect();
  auto rows = connection.query(
      "SELECT i::TINYINT, i::SMALLINT, i::INTEGER, i, i::HUGEINT, i::UBIGINT FROM range(100) t(i)");
  ASSERT_TRUE(rows) << rows.error().message;
  const auto chunk = rows->next();
  ASSERT_TRUE(chunk && *chunk);
  std::vector<std::int64_t> column;
  for (std::size_t c = 0; c < 6; ++c) {
    (*chunk)->integers(c, column);
    ASSERT_EQ(column.size(), 100u);
    for (std::size_t r = 0; r < column.size(); ++r)
      EXPECT_EQ(column[r], (*chunk)->integer(r, c)) << c;
  }
}

TEST_F(DatabaseTest, AppendsNullsTextsAndNarrowTypesOverManyChunks) {
  Connection connection = connect();
  ASSERT_TRUE(connection.execute(
      "CREATE TABLE t (a SMALLINT, b TINYINT, c DOUBLE, d TIMESTAMP, e BOOLEAN, f VARCHAR)"));
  auto appender = Appender::open(connection, "t");
  constexpr int kRows = 5000;  // of 2048 each: two chunks and a part
  for (int i = 0; i < kRows; ++i) {
    if (i % 3 == 0) {
      for (int column = 0; column < 6; ++column) appender->add(nullptr);
    } else {
      appender->add(i).add(i % 100).add(i).add(TimePoint{i * 1s}).add(i % 2 == 0);
      appender->add("a text that is not stored within its vector " + std::to_string(i));
    }
    ASSERT_TRUE(appender->end_row());
  }
  ASSERT_TRUE(appender->flush());
  auto rows = connection.query(
      "SELECT count(*), count(a), sum(a), sum(b), sum(c), sum(epoch(d)), count(*) FILTER (e), "
      "count(DISTINCT f), count(*) FILTER (f NOT LIKE '% ' || a) FROM t");
  ASSERT_TRUE(rows) << rows.error().message;
  auto chunk = rows->next();
  ASSERT_TRUE(chunk && *chunk);
  std::int64_t sum = 0, sum_b = 0, even = 0, present = 0;
  for (int i = 0; i < kRows; ++i) {
    if (i % 3 == 0) continue;
    ++present;
    sum += i;
    sum_b += i % 100;
    even += i % 2 == 0;
  }
  EXPECT_EQ((*chunk)->integer(0, 0), kRows);
  EXPECT_EQ((*chunk)->integer(0, 1), present);
  EXPECT_EQ((*chunk)->integer(0, 2), sum);
  EXPECT_EQ((*chunk)->integer(0, 3), sum_b);
  EXPECT_EQ((*chunk)->number(0, 4), static_cast<double>(sum));
  EXPECT_EQ((*chunk)->number(0, 5), static_cast<double>(sum));
  EXPECT_EQ((*chunk)->integer(0, 6), even);
  EXPECT_EQ((*chunk)->integer(0, 7), present);
  EXPECT_EQ((*chunk)->integer(0, 8), 0);
}

TEST_F(DatabaseTest, AppenderRefusesWhatAColumnDoesNotHold) {
  Connection connection = connect();
  ASSERT_TRUE(connection.execute("CREATE TABLE t (a TINYINT, b VARCHAR)"));
  for (const std::int64_t value : {128, -129}) {
    auto appender = Appender::open(connection, "t");
    const Status row = appender->add(value).add("x").end_row();
    ASSERT_FALSE(row) << value;
    EXPECT_THAT(row.error().message, HasSubstr("table t: column 1"));
  }
  auto appender = Appender::open(connection, "t");
  EXPECT_FALSE(appender->add(std::int64_t{1}).add(2.5).end_row());
}

TEST_F(DatabaseTest, AppenderNamesTheTableInItsErrors) {
  Connection connection = connect();
  ASSERT_TRUE(connection.execute("CREATE TABLE t (i BIGINT, j BIGINT)"));
  EXPECT_THAT(Appender::open(connection, "absent").error().message, HasSubstr("absent"));
  auto appender = Appender::open(connection, "t");
  const Status short_row = appender->add(std::int64_t{1}).end_row();
  ASSERT_FALSE(short_row);
  EXPECT_THAT(short_row.error().message, HasSubstr("table t"));
}

TEST_F(DatabaseTest, InterruptStopsARunningQuery) {
  Connection connection = connect();
  std::atomic<bool> done{false};
  std::thread interrupter([&] {
    while (!done) {
      connection.interrupt();
      std::this_thread::sleep_for(1ms);
    }
  });
  auto rows = connection.query("SELECT count(*) FROM range(1000000000000) a");
  Error error = rows ? Error{} : rows.error();
  if (rows) {
    const auto chunk = rows->next();
    ASSERT_FALSE(chunk);
    error = chunk.error();
  }
  done = true;
  interrupter.join();
  EXPECT_EQ(error.code, ErrorCode::kTimeout) << error.message;
}

TEST_F(DatabaseTest, WithoutExternalAccessNoFileIsReached) {
  Connection connection = connect({.external_access = false, .lock_settings = true});
  for (const char* statement :
       {"SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM read_text('/etc/passwd')",
        "COPY (SELECT 1) TO '/tmp/starling-never'", "ATTACH '/tmp/starling-never.db'",
        "SET enable_external_access = true", "SET threads = 4", "INSTALL httpfs"}) {
    const Status status = connection.execute(statement);
    EXPECT_FALSE(status) << statement;
  }
}

TEST_F(DatabaseTest, InspectSelectRefusesEverythingElse) {
  Connection connection = connect();
  ASSERT_TRUE(connection.execute("CREATE TABLE t (i BIGINT)"));
  for (const char* allowed : {"SELECT 1", "WITH a AS (SELECT 1) FROM a", "FROM t", "SHOW TABLES",
                              "DESCRIBE t", "VALUES (1)", "SELECT 1;"}) {
    const auto status = connection.inspect_select(allowed);
    EXPECT_TRUE(status) << allowed << ": " << status.error().message;
  }
  for (const char* refused : {"INSERT INTO t VALUES (1)",
                              "DELETE FROM t",
                              "UPDATE t SET i = 1",
                              "DROP TABLE t",
                              "CREATE TABLE u (i INT)",
                              "COPY t TO '/tmp/x'",
                              "ATTACH 'x'",
                              "SET threads = 1",
                              "RESET threads",
                              "PRAGMA threads = 1",
                              "PRAGMA enable_profiling",
                              "INSTALL httpfs",
                              "LOAD json",
                              "CALL range(1)",
                              "BEGIN",
                              "CHECKPOINT",
                              "SELECT 1; SELECT 2",
                              "EXPLAIN ANALYZE SELECT 1",
                              "PREPARE p AS SELECT 1",
                              "EXPORT DATABASE '/tmp/x'",
                              "USE x",
                              "",
                              "SELEC 1",
                              "SELECT * FROM absent"}) {
    EXPECT_FALSE(connection.inspect_select(refused)) << refused;
  }
}

TEST_F(DatabaseTest, InspectSelectTellsColumnsWithoutRunning) {
  Connection connection = connect();
  const auto columns =
      connection.inspect_select("SELECT 1 AS a, DATE '2020-01-01' AS b, error('ran') AS c");
  ASSERT_TRUE(columns) << columns.error().message;
  EXPECT_EQ((*columns)[0].name, "a");
  EXPECT_EQ((*columns)[0].type, Type::kInteger);
  EXPECT_EQ((*columns)[1].type, Type::kOther);
}

TEST_F(DatabaseTest, BytesThatAreNotUtf8DoNotSpoilABatch) {
  Connection connection = connect();
  ASSERT_TRUE(connection.execute("CREATE TABLE t (name VARCHAR)"));
  auto appender = Appender::open(connection, "t");
  for (const char* name :
       {"grün", "a\xff\xfe.", "cut \xe2\x82", "\xed\xa0\x80", "\xf0\x9f\x98\x80"}) {
    const Status row = appender->add(name).end_row();
    ASSERT_TRUE(row) << row.error().message;
  }
  ASSERT_TRUE(appender->flush());
  auto rows = connection.query("SELECT list(name ORDER BY rowid)::VARCHAR FROM t");
  auto chunk = rows->next();
  ASSERT_TRUE(chunk && *chunk);
  EXPECT_EQ((*chunk)->text(0, 0), R"([grün, a??., cut ??, ???, 😀])");
}

TEST(DatabaseFileTest, OpenErrorsNameTheFile) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("starling-sql-" + std::to_string(::getpid()) + ".db");
  FILE* file = std::fopen(path.c_str(), "w");
  std::fputs("this is a text and no database; this is a text and no database", file);
  std::fclose(file);
  const auto database = Database::open(path);
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(database.error().message, HasSubstr(path.string()));
  std::filesystem::remove(path);
}

TEST(QuotingTest, DoublesQuotes) {
  EXPECT_EQ(sql::quoted("it's"), "'it''s'");
  EXPECT_EQ(quoted_name("a\"b"), "\"a\"\"b\"");
}

}  // namespace
}  // namespace starling::sql
