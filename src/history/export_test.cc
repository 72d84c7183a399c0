// Exports: what other programs read, whole days, and one folder that SQL from users still cannot
// reach.
#include "history/export.h"

#include <fstream>

#include "history/store_for_tests.h"
#include "sql/database.h"

namespace starling::history {
namespace {

using testing::HasSubstr;

class ExportTest : public StoreFixture {
 protected:
  std::unique_ptr<Store> open_with_folder() {
    auto store = open({.export_directory = folder_ / "export"});
    // Noon of one day to noon of the next.
    for (const int hour : {0, 11, 12, 23}) store->record(usage("digits", hour * 3600, 10));
    EXPECT_TRUE(store->flush());
    return store;
  }
  /// As any other program would read the files.
  std::string read(const std::string& sql) {
    auto connection = sql::Database::open("")->connect();
    auto rows = connection->query(sql);
    if (!rows) return rows.error().message;
    auto chunk = rows->next();
    return chunk && *chunk ? std::string((*chunk)->text(0, 0)) : "nothing";
  }
};

TEST_F(ExportTest, DaysBecomeHivePartitionsThatAnyParquetReaderKnows) {
  const auto store = open_with_folder();
  const auto result = store->export_parquet({.tables = {"usage", "decision"}});
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_EQ(result->files.size(), 2u) << "no decision was recorded";
  EXPECT_EQ(result->files[0].file, "usage/day=2024-05-06/n1.parquet");
  EXPECT_EQ(result->files[0].rows, 2);
  EXPECT_EQ(result->files[1].day, "2024-05-07");
  const std::string glob = "'" + (folder_ / "export/usage/*/*.parquet").string() + "'";
  EXPECT_EQ(read("SELECT string_agg(concat_ws(' ', day, model, cloud, n), ', ' ORDER BY day) FROM ("
                 "SELECT day, model, cloud, sum(arrivals) AS n FROM read_parquet(" +
                 glob + ", hive_partitioning = true) GROUP BY ALL)"),
            "2024-05-06 digits aws 20, 2024-05-07 digits aws 20");
}

TEST_F(ExportTest, ARepeatedExportReplacesItsDaysAndWritesThemWhole) {
  const auto store = open_with_folder();
  ASSERT_TRUE(store->export_parquet({.tables = {"usage"}}));
  store->record(usage("digits", 60, 100));
  ASSERT_TRUE(store->flush());
  // Noon of the first day to one second later: that day, from its first row to its last.
  const auto again =
      store->export_parquet({.tables = {"usage"}, .since = kStart + 3h, .until = kStart + 3h + 1s});
  ASSERT_TRUE(again) << again.error().message;
  ASSERT_EQ(again->files.size(), 1u);
  const std::string glob = "'" + (folder_ / "export/usage/*/*.parquet").string() + "'";
  EXPECT_EQ(read("SELECT sum(arrivals)::VARCHAR FROM read_parquet(" + glob + ")"), "140");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "export")) {
    EXPECT_THAT(entry.path().string(), testing::Not(HasSubstr("partial")));
  }
}

TEST_F(ExportTest, ErrorsSayWhatThereIs) {
  const auto store = open_with_folder();
  const auto unknown = store->export_parquet({.tables = {"usages"}});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(unknown.error().message, HasSubstr("did you mean 'usage'"));
  std::ofstream(folder_ / "export") << "a file stands where the folder should";
  EXPECT_THAT(store->export_parquet({.tables = {"usage"}}).error().message, HasSubstr("export"));
}

TEST_F(ExportTest, SqlFromUsersNeitherReadsNorWritesTheFolder) {
  const auto store = open_with_folder();
  ASSERT_TRUE(store->export_parquet({.tables = {"usage"}}));
  const std::string file = folder_ / "export/usage/day=2024-05-06/n1.parquet";
  const std::string other = folder_ / "export/other.parquet";
  for (const std::string& statement : std::vector<std::string>{
           "FROM '" + file + "'",
           "SELECT * FROM \"" + file + "\"",
           "FROM '" + (folder_ / "export/../export/usage/*/n1.parquet").string() + "'",
           "DESCRIBE '" + file + "'",
           "SUMMARIZE '" + file + "'",
           "SELECT (SELECT count(*) FROM '" + file + "')",
           "SELECT 1 WHERE EXISTS (FROM '" + file + "')",
           "PIVOT '" + file + "' ON model IN ('a') USING sum(arrivals)",
           // Of the same name as a file: outside of its scope the name would be the file's.
           "SELECT * FROM (WITH \"" + file + "\" AS (SELECT 1) SELECT 1), '" + file + "'",
           "FROM read_parquet('" + file + "')",
           "FROM query_table('" + file + "')",
           "FROM query_table(['" + file + "'])",
           "FROM histogram('" + file + "', 'arrivals')",
           "FROM glob('" + (folder_ / "export/**").string() + "')",
           "FROM pragma_table_info('" + file + "')",
           "FROM parquet_metadata('" + file + "')",
           "COPY (SELECT 1) TO '" + other + "'",
           "COPY fact_usage FROM '" + file + "'",
           "ATTACH '" + (folder_ / "export/other.db").string() + "'",
           "EXPORT DATABASE '" + (folder_ / "export/all").string() + "'",
           "SET allowed_directories = ['/']",
           "PREPARE p AS FROM '" + file + "'",
           "CREATE MACRO m() AS TABLE FROM '" + file + "'",
       }) {
    const auto result = store->query(statement);
    EXPECT_FALSE(result) << "ran: " << statement;
  }
  EXPECT_FALSE(std::filesystem::exists(other));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "export/other.db"));
}

}  // namespace
}  // namespace starling::history
