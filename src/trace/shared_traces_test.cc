// The public traces beside the project, where there are any: every file is read, cleaned and
// described without an error, and what can be learnt from as it is comes as series.
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "trace/clean.h"
#include "trace/describe.h"
#include "trace/import.h"
#include "trace/read.h"

namespace starling {
namespace {

namespace fs = std::filesystem;

class SharedTracesTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(folder_)) GTEST_SKIP() << "no trace collection at " << folder_;
    for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
      if (entry.path().extension() == ".gz") files_.push_back(entry.path());
    }
    std::sort(files_.begin(), files_.end());
    ASSERT_FALSE(files_.empty()) << folder_;
  }
  /// The collection's README calls the files in its own folder series.
  bool is_series(const fs::path& file) const { return file.parent_path() == folder_; }

  const fs::path folder_ = fs::path(STARLING_SOURCE_DIR).parent_path() / "shared" / "traces";
  std::vector<fs::path> files_;
};

void expect_table(const std::string& file) {
  const auto table = read_table(file);
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_GT(table->rows, 0) << file;
  EXPECT_FALSE(table->columns.empty()) << file;
  EXPECT_TRUE(table->skipped.empty()) << file;
  fmt::print("{}: {} rows of {} columns\n", file, table->rows, table->columns.size());
}

void expect_series(const std::string& file, const std::string& format) {
  auto raw = read_raw({file}, {.format = format});
  ASSERT_TRUE(raw) << raw.error().message;
  const auto trace = clean(std::move(*raw));
  ASSERT_TRUE(trace) << file << ": " << trace.error().message;
  EXPECT_GT(trace->report.points, trace->report.missing) << file;
  for (const Series& series : trace->series) {
    const Description description = describe(series, {trace->quantity, trace->unit});
    EXPECT_EQ(description.points, series.size()) << file;
  }
  fmt::print("{}: {}, {} workloads, {} points\n", file, format, trace->series.size(),
             trace->report.points);
}

TEST_F(SharedTracesTest, EveryFileIsReadCleanedAndDescribed) {
  for (const fs::path& file : files_) {
    const auto format = detect_format({file});
    ASSERT_TRUE(format) << format.error().message;
    EXPECT_FALSE(is_series(file) && format->is_table) << file;
    format->is_table ? expect_table(file) : expect_series(file, format->name);
  }
}

TEST_F(SharedTracesTest, EverySeriesFileReadsAsItIs) {
  for (const fs::path& file : files_) {
    if (!is_series(file)) continue;
    CleaningStep averaged;
    const auto series = read_trace(file, {.averaged = &averaged});
    ASSERT_TRUE(series) << series.error().message;
    std::size_t points = 0;
    for (const Series& one : *series) points += one.size();
    EXPECT_GT(points, 0u) << file;
    // Only NAB has rows that share a step.
    const bool is_nab = file.filename().string().starts_with("nab");
    EXPECT_TRUE(averaged.points == 0 || is_nab) << file << ": " << averaged.points;
  }
}

}  // namespace
}  // namespace starling
