// Long and wide series and tables without time, as people's files have them.
#include "sql/database.h"
#include "trace/formats/files_for_tests.h"

namespace starling {
namespace {

using testing::AllOf;
using testing::DoubleEq;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsNan;

using SeriesFormatTest = FormatTest;

TEST_F(SeriesFormatTest, WideKeepsMissingCellsAndCountsWordsAmongNumbers) {
  const auto path = file("timestamp,a,b\n0,1,\n60,2.5,seven\n120,NA,8\n");
  EXPECT_EQ(format_of({path}), "wide");
  const RawTrace trace = read({path});
  EXPECT_THAT(names(trace), ElementsAre("a", "b"));
  EXPECT_THAT(trace.workloads[0].values, ElementsAre(1, 2.5, IsNan()));
  EXPECT_THAT(trace.workloads[1].values, ElementsAre(IsNan(), IsNan(), 8));
  EXPECT_THAT(times_s(trace.workloads[1]), ElementsAre(0, 60, 120));
  ASSERT_EQ(trace.skipped.size(), 1u);
  EXPECT_EQ(trace.skipped[0].reason, "not a number");
  EXPECT_THAT(trace.skipped[0].examples, ElementsAre(path + ":3: 60,b,seven"));
}

TEST_F(SeriesFormatTest, NumbersWrittenInOtherWaysAreRefusedAndNotCountedAsEvents) {
  const auto comma = file("timestamp;a\n0;1,5\n60;2,5\n");
  EXPECT_THAT(error({comma}).message,
              AllOf(HasSubstr("trace.csv:2: '1,5' of column 'a'"), HasSubstr("such as 1.5"),
                    HasSubstr("--format events")));
  EXPECT_FALSE(detect_format({comma}));
  EXPECT_THAT(read({comma}, {.format = "events"}).workloads[0].values, ElementsAre(1, 1));
  EXPECT_THAT(error({file("timestamp,a\n2026-01-01T00:00:00,\"1,234\"\n"
                          "2026-01-01T00:01:00,\"1,235\"\n")})
                  .message,
              HasSubstr("trace.csv:2: '1,234' of column 'a'"));
  EXPECT_THAT(error({file("timestamp,a,b\n0,7,n/a1\n60,7,2\n120,7,3\n180,7,4\n")}).message,
              AllOf(HasSubstr("trace.csv:2: 'n/a1' of column 'b'"), HasSubstr("leave it empty")));
  EXPECT_THAT(error({file("timestamp;workload;rps\n0;a;1.234,5\n60;a;2\n")}).message,
              HasSubstr("trace.csv:2: '1.234,5' of column 'rps'"));
}

TEST_F(SeriesFormatTest, ColumnsOfWordsMakeRowsEvents) {
  for (const char* text :
       {"timestamp,kind\n0,start\n60,stop\n", "timestamp;kind;price\n0;buy;1,5\n60;sell;2,5\n",
        "timestamp,client\n0,10.0.0.1\n60,192.168.100.200\n", "timestamp,workload\n0,a\n60,b\n",
        "timestamp,kind\n0,a\n60,7\n", "timestamp,request\n0,3f5a\n60,12\n120,b9c1\n"}) {
    EXPECT_EQ(format_of({file(text)}), "events") << text;
  }
}

TEST_F(SeriesFormatTest, TheKindIsAssumedWhereNothingStatesIt) {
  EXPECT_TRUE(read({file("timestamp,a\n0,1\n60,2\n")}).quantity_assumed);
  EXPECT_TRUE(read({file("timestamp,workload,value\n0,a,1\n")}).quantity_assumed);
  EXPECT_FALSE(read({file("timestamp,kind\n0,a\n")}).quantity_assumed);
}

TEST_F(SeriesFormatTest, ManyColumnsAreReadInPartsAndBadRowsCountedOnce) {
  std::string text = "timestamp", row;
  for (int i = 0; i < 1200; ++i) {
    text += fmt::format(",w{}", i);
    row += fmt::format(",{}", i);
  }
  text += "\n0" + row + "\nsoon" + row + "\n60,1\n120" + row + "\n";
  const RawTrace trace = read({file(text)});
  ASSERT_EQ(trace.workloads.size(), 1200u);
  EXPECT_EQ(trace.workloads[1199].workload, "w1199");
  EXPECT_THAT(trace.workloads[1199].values, ElementsAre(1199, 1199));
  EXPECT_EQ(skipped(trace, "not a timestamp"), 1);
  EXPECT_EQ(skipped(trace, "too few cells"), 1);
}

TEST_F(SeriesFormatTest, LongKeepsTheOrderOfTheFileEvenIfUnsorted) {
  const auto path = file("timestamp,workload,value\n60,x,2\n0,x,1\n0,y,5\n0,x,7\n");
  EXPECT_EQ(format_of({path}), "long");
  const RawTrace trace = read({path});
  EXPECT_THAT(times_s(workload(trace, "x")), ElementsAre(60, 0, 0));
  EXPECT_THAT(workload(trace, "x").values, ElementsAre(2, 1, 7));
}

TEST_F(SeriesFormatTest, LongWithSeveralValueColumnsTakesTheOneAskedFor) {
  const auto path =
      file("workload_id,split,t_ms,in_mean,out_mean\nc1,train,0,4,5\nc1,train,500,6,7\n");
  EXPECT_EQ(format_of({path}), "long");
  EXPECT_THAT(read({path}).workloads[0].values, ElementsAre(4, 6));
  EXPECT_EQ(read({path}).unit, "in_mean");
  const RawTrace out = read({path}, {.value = "out_mean"});
  EXPECT_THAT(out.workloads[0].values, ElementsAre(5, 7));
  EXPECT_THAT(times_s(out.workloads[0]), ElementsAre(0, 0.5));
  EXPECT_THAT(error({path}, {.value = "out_men"}).message, HasSubstr("did you mean 'out_mean'?"));
}

TEST_F(SeriesFormatTest, DatesInAnyZoneAndNumbersOfAnyUnitAreTheSameMoment) {
  const RawTrace trace =
      read({file("timestamp,workload,value\n"
                 "2024-05-01T12:00:00Z,a,1\n2024-05-01 14:00:00+02:00,a,1\n"
                 "1714564800,a,1\n1714564800000000,a,1\n"
                 "1714564800000000000,a,1\n")});
  EXPECT_TRUE(trace.has_calendar);
  for (const std::int64_t time : trace.workloads[0].times_us) {
    EXPECT_EQ(time, 1714564800000000);
  }
}

TEST_F(SeriesFormatTest, SeveralFilesOfOneShapeAreOneTrace) {
  const RawTrace trace =
      read({file("timestamp,a\n0,1\n", "1.csv"), file("timestamp,a,b\n60,2,3\n", "2.csv")});
  EXPECT_THAT(workload(trace, "a").values, ElementsAre(1, 2));
  EXPECT_THAT(times_s(workload(trace, "b")), ElementsAre(60));
}

TEST_F(SeriesFormatTest, CompressedFilesReadLikePlainOnes) {
  const std::string text = "timestamp,workload,value\n0,a,1\n60,a,2\n";
  EXPECT_THAT(read({gzipped(text)}).workloads[0].values, ElementsAre(1, 2));
  auto database = sql::Database::open("");
  ASSERT_TRUE(database);
  auto connection = database->connect();
  ASSERT_TRUE(connection);
  const std::string zstd = folder_ / "z.csv.zst", parquet = folder_ / "p.parquet";
  const std::string rows =
      "(SELECT i * 60 AS timestamp, 'a' AS workload, i + 1.5 AS value FROM range(3000) t(i))";
  ASSERT_TRUE(connection->execute("COPY " + rows + " TO '" + zstd + "' (COMPRESSION zstd)"));
  ASSERT_TRUE(connection->execute("COPY " + rows + " TO '" + parquet + "' (FORMAT parquet)"));
  for (const std::string& path : {zstd, parquet}) {
    EXPECT_EQ(format_of({path}), "long") << path;
    const RawTrace trace = read({path});
    ASSERT_EQ(trace.workloads[0].values.size(), 3000u) << path;
    EXPECT_THAT(trace.workloads[0].values[2999], DoubleEq(3000.5));
    EXPECT_EQ(trace.workloads[0].times_us[2999], 2999 * 60'000'000LL);
  }
}

TEST_F(SeriesFormatTest, AParquetFileWithDatesAndWideColumns) {
  auto database = sql::Database::open("");
  ASSERT_TRUE(database);
  auto connection = database->connect();
  ASSERT_TRUE(connection);
  const std::string path = folder_ / "wide.parquet";
  ASSERT_TRUE(
      connection->execute("COPY (SELECT TIMESTAMP '2024-05-01 12:00:00' AS timestamp, 1.5 AS "
                          "\"it's\", NULL AS b) TO '" +
                          path + "' (FORMAT parquet)"));
  const RawTrace trace = read({path});
  EXPECT_EQ(trace.format, "wide");
  EXPECT_EQ(workload(trace, "it's").times_us[0], 1714564800000000);
  EXPECT_THAT(workload(trace, "b").values, ElementsAre(IsNan()));
}

TEST_F(SeriesFormatTest, ATableWithoutTimeIsSummarisedAndNotRead) {
  const auto path = gzipped("workload,model,cv\na,x,1\nb,x,2\nc,,6\n");
  const auto format = detect_format({path});
  ASSERT_TRUE(format);
  EXPECT_EQ(format->name, "table");
  EXPECT_TRUE(format->is_table);
  EXPECT_THAT(error({path}).message, HasSubstr("a table without time"));
  const auto table = read_table(path);
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->rows, 3);
  ASSERT_EQ(table->columns.size(), 3u);
  EXPECT_EQ(table->columns[1].type, "text");
  EXPECT_EQ(table->columns[1].missing, 1);
  EXPECT_EQ(table->columns[1].distinct_approx, 1);
  EXPECT_EQ(table->columns[2].type, "number");
  EXPECT_THAT(table->columns[2].mean, testing::Optional(DoubleEq(3)));
  EXPECT_THAT(table->columns[2].median, testing::Optional(DoubleEq(2)));
  EXPECT_EQ(table->columns[2].maximum, "6");
}

TEST_F(SeriesFormatTest, EveryFormatIsListedOnceAndFoundByNearlyItsName) {
  std::set<std::string> seen;
  for (const TraceFormat& format : trace_formats()) {
    EXPECT_TRUE(seen.insert(format.name).second) << format.name;
    EXPECT_FALSE(format.description.empty());
  }
  EXPECT_THAT(error({file("timestamp,a\n0,1\n")}, {.format = "wied"}).message,
              HasSubstr("did you mean 'wide'?"));
}

TEST_F(SeriesFormatTest, AnOptionThatAFormatDoesNotTakeIsAnError) {
  EXPECT_THAT(error({file("timestamp,a\n0,1\n")}, {.step = 60s}).message,
              HasSubstr("step: not an option of format wide"));
}

}  // namespace
}  // namespace starling
