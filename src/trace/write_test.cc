// Written traces: both forms in CSV, gzip and Parquet, and what cannot be written.
#include "trace/write.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.h"
#include "sql/database.h"
#include "trace/read.h"
#include "trace/synth.h"

namespace starling {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class WriteTraceTest : public testing::Test {
 protected:
  WriteTraceTest() {
    char name[] = "/tmp/starling-write-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~WriteTraceTest() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ / name; }

  std::filesystem::path folder_;
};

/// Two workloads of one step, the second two minutes later, with a point missing.
std::vector<Series> two(TimePoint start) {
  return {{"a", start, 1min, {1, 0, 3}, {1, 0, 1}}, {"b", start + 2min, 1min, {7, 8.5}, {1, 1}}};
}
constexpr TimePoint kMay{std::chrono::sys_days{std::chrono::May / 1 / 2024}};

TEST_F(WriteTraceTest, WideRowsArePaddedToOneGrid) {
  ASSERT_TRUE(write_trace(path("w.csv"), two(kMay)));
  EXPECT_EQ(*read_file(path("w.csv")),
            "timestamp,a,b\n2024-05-01T00:00:00Z,1,\n2024-05-01T00:01:00Z,,\n"
            "2024-05-01T00:02:00Z,3,7\n2024-05-01T00:03:00Z,,8.5\n");
}

TEST_F(WriteTraceTest, LongRowsKeepTheirOwnGrid) {
  ASSERT_TRUE(write_trace(path("l.csv"), two(TimePoint{}), {.form = TraceForm::kLong}));
  EXPECT_EQ(*read_file(path("l.csv")),
            "timestamp,workload,value\n0,a,1\n60,a,\n120,a,3\n120,b,7\n180,b,8.5\n");
}

TEST_F(WriteTraceTest, GzipHoldsTheSame) {
  const auto series = synthesize({.workloads = 3}, 5);
  ASSERT_TRUE(write_trace(path("t.csv"), series));
  ASSERT_TRUE(write_trace(path("t.csv.gz"), series));
  EXPECT_LT(std::filesystem::file_size(path("t.csv.gz")),
            std::filesystem::file_size(path("t.csv")));
  const auto plain = read_trace(path("t.csv"));
  const auto gzipped = read_trace(path("t.csv.gz"));
  ASSERT_TRUE(gzipped) << gzipped.error().message;
  EXPECT_EQ((*plain)[2].values, (*gzipped)[2].values);
}

TEST_F(WriteTraceTest, ParquetHasTimesAndMissingValues) {
  for (const auto& [form, select] : std::vector<std::pair<TraceForm, std::string>>{
           {TraceForm::kWide, "SELECT timestamp, b FROM '{}' WHERE a IS NULL ORDER BY timestamp"},
           {TraceForm::kLong,
            "SELECT timestamp, value FROM '{}' WHERE workload = 'b' ORDER BY timestamp"}}) {
    const std::string file = path("t.parquet");
    const Status written = write_trace(file, two(kMay), {.form = form});
    ASSERT_TRUE(written) << written.error().message;
    auto connection = sql::Database::open("")->connect();
    auto rows = connection->query(fmt::format(fmt::runtime(select), file));
    ASSERT_TRUE(rows) << rows.error().message;
    const auto chunk = rows->next();
    ASSERT_TRUE(chunk && *chunk);
    ASSERT_EQ((*chunk)->rows(), 2u);
    EXPECT_EQ((*chunk)->timestamp(1, 0), kMay + 3min);
    EXPECT_EQ((*chunk)->number(1, 1), 8.5);
    EXPECT_EQ((*chunk)->is_null(0, 1), form == TraceForm::kWide);
  }
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    left.push_back(entry.path().filename());
  }
  EXPECT_THAT(left, ElementsAre("t.parquet"));
}

TEST_F(WriteTraceTest, UsualFormIsWideWhereTheGridIsShared) {
  EXPECT_EQ(usual_form(two(kMay)), TraceForm::kWide);
  auto series = two(kMay);
  series[1].step = 2min;
  EXPECT_EQ(usual_form(series), TraceForm::kLong);
  series = two(kMay);
  series[1].start += 24h;
  EXPECT_EQ(usual_form(series), TraceForm::kLong);
}

TEST_F(WriteTraceTest, ANameThatAColumnCannotHaveIsWrittenLongAndReadBack) {
  for (const char* name : {"timestamp", "workload", "workload_id"}) {
    auto series = two(kMay);
    series[1].workload = name;
    ASSERT_EQ(usual_form(series), TraceForm::kLong);
    ASSERT_TRUE(write_trace(path("t.csv"), series, {.form = TraceForm::kLong})) << name;
    const auto read = read_trace(path("t.csv"));
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(read->size(), 2u) << name;
    EXPECT_EQ((*read)[1].workload, name);
    EXPECT_EQ((*read)[1].values, series[1].values);
    EXPECT_THAT(write_trace(path("w.csv"), series).error().message,
                HasSubstr("cannot be a column of a wide file: write the long form"));
  }
}

TEST_F(WriteTraceTest, WhatCannotBeWrittenLeavesNoFile) {
  const auto message = [&](const std::string& name, const std::vector<Series>& series) {
    const Status status = write_trace(path(name), series);
    return status ? std::string() : status.error().message;
  };
  auto series = two(kMay);
  EXPECT_THAT(message("t.txt", series), HasSubstr(".csv, .csv.gz or .parquet"));
  EXPECT_THAT(message("none/t.csv", series), HasSubstr("No such file"));
  series[1].workload = "a";
  EXPECT_THAT(message("t.csv", series), HasSubstr("two workloads are named 'a'"));
  series[1].workload = "b";
  series[1].start += 30s;
  EXPECT_THAT(message("t.csv", series), HasSubstr("differ"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

}  // namespace
}  // namespace starling
