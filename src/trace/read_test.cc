// Trace files as people have them: both forms, gaps, compression, and every way in which they are
// broken.
#include "trace/read.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "trace/synth.h"
#include "trace/write.h"

namespace starling {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class ReadTraceTest : public testing::Test {
 protected:
  ReadTraceTest() {
    char name[] = "/tmp/starling-trace-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~ReadTraceTest() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& text, const std::string& name = "trace.csv") {
    const std::string path = folder_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  std::string gzipped(const std::string& text) {
    const std::string path = file(text);
    EXPECT_EQ(std::system(("gzip -f " + path).c_str()), 0);
    return path + ".gz";
  }
  std::string error(const std::string& text) {
    const auto result = read_trace(file(text));
    EXPECT_FALSE(result) << "accepted: " << text;
    return result ? "" : result.error().message;
  }

  std::filesystem::path folder_;
};

TEST_F(ReadTraceTest, WideWithMissingCells) {
  const auto series = read_trace(file("timestamp,a,b\n0,1,\n60,2.5,7\n120,,8\n"));
  ASSERT_TRUE(series) << series.error().message;
  ASSERT_EQ(series->size(), 2u);
  const Series& a = (*series)[0];
  EXPECT_EQ(a.workload, "a");
  EXPECT_EQ(a.step, Duration{60s});
  EXPECT_EQ(a.start, TimePoint{});
  EXPECT_THAT(a.values, ElementsAre(1, 2.5, 0));
  EXPECT_THAT(a.present, ElementsAre(1, 1, 0));
  EXPECT_THAT((*series)[1].present, ElementsAre(0, 1, 1));
}

TEST_F(ReadTraceTest, MissingRowsBecomeGapsAndNotZeros) {
  const auto series = read_trace(file("timestamp,a\n0,1\n60,2\n120,3\n300,6\n"));
  ASSERT_TRUE(series) << series.error().message;
  EXPECT_THAT((*series)[0].values, ElementsAre(1, 2, 3, 0, 0, 6));
  EXPECT_THAT((*series)[0].present, ElementsAre(1, 1, 1, 0, 0, 1));
}

TEST_F(ReadTraceTest, LongInterleavedWithOwnStartAndStep) {
  const auto series =
      read_trace(file("timestamp,workload,value\n0,x,1\n10,y,5\n60,x,2\n20,y,\n30,y,7\n120,x,3\n"));
  ASSERT_TRUE(series) << series.error().message;
  ASSERT_EQ(series->size(), 2u);
  EXPECT_EQ((*series)[0].workload, "x");
  EXPECT_EQ((*series)[0].step, Duration{60s});
  EXPECT_EQ((*series)[1].start, TimePoint{10s});
  EXPECT_EQ((*series)[1].step, Duration{10s});
  EXPECT_THAT((*series)[1].present, ElementsAre(1, 0, 1));
}

TEST_F(ReadTraceTest, IsoTimestampsWithAndWithoutZoneAreUtc) {
  for (const char* start :
       {"2024-05-01T12:00:00Z", "2024-05-01 12:00:00", "2024-05-01T14:00:00+02:00"}) {
    const auto series =
        read_trace(file(fmt::format("timestamp,a\n{},1\n2024-05-01T12:00:05Z,2\n", start)));
    ASSERT_TRUE(series) << start << ": " << series.error().message;
    EXPECT_EQ((*series)[0].start,
              TimePoint{std::chrono::sys_days{std::chrono::May / 1 / 2024} + 12h});
    EXPECT_EQ((*series)[0].step, Duration{5s});
  }
}

TEST_F(ReadTraceTest, WindowsLineEndsQuotesByteOrderMarkAndOddFileNames) {
  const auto series = read_trace(
      file("\xEF\xBB\xBFtimestamp,\"a,\"\"b\"\"\"\r\n0,1\r\n0.5,2\r\n1,3\r\n", "it's [odd]*?.csv"));
  ASSERT_TRUE(series) << series.error().message;
  EXPECT_EQ((*series)[0].workload, "a,\"b\"");
  EXPECT_EQ((*series)[0].step, Duration{500ms});
  EXPECT_THAT((*series)[0].values, ElementsAre(1, 2, 3));
}

TEST_F(ReadTraceTest, SmallJitterKeepsItsSlot) {
  const auto series = read_trace(file("timestamp,a\n0,1\n60,2\n119,3\n179,4\n241,5\n301,6\n"));
  ASSERT_TRUE(series) << series.error().message;
  EXPECT_EQ((*series)[0].step, Duration{60s});
  EXPECT_THAT((*series)[0].values, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(ReadTraceTest, RowsWithinOneStepAreAveragedOnDemandOnly) {
  const auto path = file("timestamp,a,b\n0,1,\n60,2,5\n60,4,\n120,3,\n121,7,\n180,6,1\n");
  EXPECT_FALSE(read_trace(path));
  CleaningStep averaged;
  const auto series = read_trace(path, {.averaged = &averaged});
  ASSERT_TRUE(series) << series.error().message;
  EXPECT_EQ(averaged.points, 4);
  EXPECT_EQ(averaged.workloads, 2);
  EXPECT_THAT(averaged.examples, Contains(HasSubstr("a: another row in the step at 60")));
  EXPECT_THAT((*series)[0].values, ElementsAre(1, 3, 5, 6));
  EXPECT_THAT((*series)[1].values, ElementsAre(0, 5, 0, 1));
  EXPECT_THAT((*series)[1].present, ElementsAre(0, 1, 0, 1));
}

TEST_F(ReadTraceTest, OtherDelimitersAndNamesOfTheTimeColumn) {
  for (const char* text : {"timestamp;a;b\n0;1;\n60;2;3\n", "time\ta\tb\n0\t1\t\n60\t2\t3\n",
                           "datetime|a|b\n0|1|\n60|2|3\n"}) {
    const auto series = read_trace(file(text));
    ASSERT_TRUE(series) << text << series.error().message;
    EXPECT_THAT((*series)[0].values, ElementsAre(1, 2)) << text;
    EXPECT_THAT((*series)[1].present, ElementsAre(0, 1)) << text;
  }
}

TEST_F(ReadTraceTest, WhatImportWritesAsParquetReadsLikeCsv) {
  const auto series = synthesize({.workloads = 3, .length = 2h}, 9);
  for (const TraceForm form : {TraceForm::kWide, TraceForm::kLong}) {
    ASSERT_TRUE(write_trace(folder_ / "t.parquet", series, {.form = form}));
    const auto read = read_trace(folder_ / "t.parquet");
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(read->size(), series.size());
    for (std::size_t i = 0; i < series.size(); ++i) {
      EXPECT_EQ((*read)[i].workload, series[i].workload);
      EXPECT_EQ((*read)[i].step, series[i].step);
      EXPECT_EQ((*read)[i].values, series[i].values);
    }
  }
}

TEST_F(ReadTraceTest, PublishersFormatsComeAsSeries) {
  const auto path = file(
      "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:10.5,4,1\n"
      "2023-11-16 18:15:20,8,1\n2023-11-16 18:17:59,8,1\n");
  const auto per_minute = read_trace(path);
  ASSERT_TRUE(per_minute) << per_minute.error().message;
  EXPECT_THAT((*per_minute)[0].values, ElementsAre(2, 0, 1));
  const auto per_10_s = read_trace(path, {.step = Duration{10s}});
  ASSERT_TRUE(per_10_s) << per_10_s.error().message;
  EXPECT_EQ((*per_10_s)[0].size(), 17u);
  EXPECT_EQ((*per_10_s)[0].step, Duration{10s});
}

TEST_F(ReadTraceTest, WhatWouldHaveToBeCleanedIsRefused) {
  EXPECT_THAT(error("timestamp,workload,value\n0,a,1\n60,a,NA\n"),
              AllOf(HasSubstr("trace.csv:3"), HasSubstr("60,a,NA"), HasSubstr("not a number")));
  EXPECT_THAT(error("timestamp,a\n0,1\n60,inf\n"),
              AllOf(HasSubstr("trace.csv:3"), HasSubstr("not finite")));
  EXPECT_THAT(error("timestamp,a\n0,1\n60,\xff\xfe\n"), HasSubstr("trace.csv:3"));
  EXPECT_THAT(error("t_s,input_tokens,output_tokens\n0,1,1\nsoon,1,1\n"),
              AllOf(HasSubstr("trace.csv:3"), HasSubstr("not a timestamp")));
  EXPECT_THAT(error("timestamp,a\n0,one\n60,2\n"),
              AllOf(HasSubstr("trace.csv:2"), HasSubstr("--format events")));
  EXPECT_THAT(error(R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":)"
                    R"({"__name__":"x_total"},"values":[[0,"1"],[60,"5"]]}]}})"),
              HasSubstr("counters"));
}

TEST_F(ReadTraceTest, DemandIsNotBelowZero) {
  for (const char* text :
       {"timestamp,a,b\n0,1,2\n60,1,-3\n", "timestamp,workload,value\n0,b,1\n60,b,-3\n"}) {
    const auto path = file(text);
    const auto refused = read_trace(path, {.is_demand = true});
    ASSERT_FALSE(refused) << text;
    EXPECT_THAT(refused.error().message,
                AllOf(HasSubstr(path + ":3: 'b': -3 is below zero"), HasSubstr("trace import")));
    EXPECT_TRUE(read_trace(path)) << "a gauge may be";
  }
  EXPECT_TRUE(read_trace(file("timestamp,a\n0,0\n60,\n120,1\n"), {.is_demand = true}));
}

TEST_F(ReadTraceTest, GzipReadsLikePlain) {
  const auto series = read_trace(gzipped("timestamp,a\n0,1\n60,2\n"));
  ASSERT_TRUE(series) << series.error().message;
  EXPECT_THAT((*series)[0].values, ElementsAre(1, 2));
}

TEST_F(ReadTraceTest, TruncatedGzipIsAnErrorAndNotAShorterSeries) {
  ASSERT_TRUE(write_trace(folder_ / "t.csv", synthesize({.workloads = 20}, 1)));
  ASSERT_EQ(std::system(("gzip " + (folder_ / "t.csv").string()).c_str()), 0);
  const auto path = folder_ / "t.csv.gz";
  const auto whole = std::filesystem::file_size(path);
  for (const auto size : {whole - 1, whole - 9, whole - 300, whole / 2, std::uintmax_t{12}}) {
    std::filesystem::resize_file(path, size);
    const auto series = read_trace(path);
    ASSERT_FALSE(series) << "accepted " << size << " of " << whole << " bytes";
    EXPECT_THAT(series.error().message, HasSubstr(path.string()));
  }
}

TEST_F(ReadTraceTest, DamagedGzipIsAnError) {
  std::string text = "timestamp,a\n";
  for (int i = 0; i < 1000; ++i) text += fmt::format("{},{}\n", i, i * i % 97);
  const auto path = gzipped(text);
  std::fstream bytes(path, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekp(static_cast<std::streamoff>(std::filesystem::file_size(path) / 2));
  bytes << "!!!!";
  bytes.close();
  const auto series = read_trace(path);
  ASSERT_FALSE(series);
  EXPECT_THAT(series.error().message, AllOf(HasSubstr(path), HasSubstr("damaged")));
}

TEST_F(ReadTraceTest, TextThatCallsItselfGzipIsAnError) {
  const auto series = read_trace(file("timestamp,a\n0,1\n60,2\n", "plain.csv.gz"));
  ASSERT_FALSE(series);
  EXPECT_THAT(series.error().message, HasSubstr("plain.csv.gz"));
}

TEST_F(ReadTraceTest, ErrorsNameFileLineAndColumn) {
  EXPECT_THAT(error("timestamp,a,b\n0,1,1\n60,2,many\n"),
              AllOf(HasSubstr("trace.csv:3"), HasSubstr("60,b,many"), HasSubstr("not a number")));
  EXPECT_THAT(error("timestamp,a\n0,1\n60,nan\n"),
              AllOf(HasSubstr("trace.csv:3"), HasSubstr("60,a,nan")));
  EXPECT_THAT(error("timestamp,a\n0,1\n120,2\n60,3\n"),
              AllOf(HasSubstr("trace.csv:4"), HasSubstr("earlier")));
  EXPECT_THAT(error("timestamp,a\n0,1\n0,2\n"), AllOf(HasSubstr("trace.csv:3"), HasSubstr("same")));
  EXPECT_THAT(error("timestamp,a\n0,1\nsoon,2\n"),
              AllOf(HasSubstr("trace.csv:3"), HasSubstr("ISO 8601")));
  EXPECT_THAT(error("timestamp,a,b\n0,1,2\n60,1\n"),
              AllOf(HasSubstr("trace.csv:3"), HasSubstr("cells")));
  EXPECT_THAT(error("timestamp,workload,value\n0,,2\n"), HasSubstr("trace.csv:2"));
  EXPECT_THAT(error("timestamp,workload,value\n0,x,1\n0,y,1\n0,x,2\n"), HasSubstr("trace.csv:4"));
}

TEST_F(ReadTraceTest, FilesWithoutHeaderOrRows) {
  EXPECT_THAT(error(""), HasSubstr("empty"));
  EXPECT_THAT(error("timestamp,a\n"), HasSubstr("no rows"));
  EXPECT_THAT(error("0,1\n60,2\n"), HasSubstr("no header"));
  EXPECT_THAT(error("when,a\n0,1\n"), HasSubstr("a table without time"));
  EXPECT_THAT(error("timestamp\n0\n"), HasSubstr("header"));
  EXPECT_THAT(error("timestamp,a,a\n0,1,1\n"), HasSubstr("two columns"));
  EXPECT_THAT(error("timestamp,a\n0,1\n"), HasSubstr("step"));
  EXPECT_EQ(read_trace(folder_ / "absent.csv").error().code, ErrorCode::kNotFound);
  EXPECT_THAT(read_trace(folder_).error().message, HasSubstr("not a regular file"));
}

TEST_F(ReadTraceTest, AHugeGapIsRefusedBeforeItTakesMemory) {
  const auto series = read_trace(file("timestamp,a\n0,1\n1,1\n2,1\n900000000000,1\n"));
  ASSERT_FALSE(series);
  EXPECT_EQ(series.error().code, ErrorCode::kTooLarge);
}

TEST_F(ReadTraceTest, WhatIsWrittenIsReadBack) {
  auto written = synthesize(
      {.workloads = 5, .start = TimePoint{std::chrono::sys_days{std::chrono::June / 1 / 2024}}}, 4);
  written[2].present[7] = 0;
  written[2].values[7] = 0;
  written[1].values[3] = 0.1 + 0.2;
  written[1].workload = "name, with \"signs\"";
  ASSERT_TRUE(write_trace(folder_ / "w.csv", written));
  const auto read = read_trace(folder_ / "w.csv");
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), written.size());
  for (std::size_t i = 0; i < written.size(); ++i) {
    EXPECT_EQ((*read)[i].workload, written[i].workload);
    EXPECT_EQ((*read)[i].start, written[i].start);
    EXPECT_EQ((*read)[i].step, written[i].step);
    EXPECT_EQ((*read)[i].values, written[i].values);
    EXPECT_EQ((*read)[i].present, written[i].present);
  }
}

TEST_F(ReadTraceTest, WriteRefusesSeriesOfUnlikeSteps) {
  auto series = synthesize({.workloads = 2, .length = 1h}, 4);
  series[1].step = 2min;
  EXPECT_THAT(write_trace(folder_ / "w.csv", series).error().message, HasSubstr("differ"));
  EXPECT_THAT(write_trace(folder_ / "w.csv", {}).error().message, HasSubstr("no series"));
}

}  // namespace
}  // namespace starling
