// What files can do to a reader: every one ends in a clear error or a counted skip.
#include <zlib.h>

#include "sql/database.h"
#include "trace/formats/files_for_tests.h"

namespace starling {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class BadInputTest : public FormatTest {
 protected:
  static std::string many_rows(int rows) {
    std::string text = "timestamp,workload,value\n";
    for (int i = 0; i < rows; ++i) text += fmt::format("{},w{},{}\n", i * 60, i % 7, i);
    return text;
  }
  std::string packed(const std::string& program, const std::string& text) {
    const std::string path = file(text);
    EXPECT_EQ(std::system((program + " '" + path + "'").c_str()), 0);
    return path;
  }
  /// Cuts a file to a share of its length.
  static void truncate(const std::string& path, double share) {
    const auto bytes = static_cast<double>(std::filesystem::file_size(path));
    std::filesystem::resize_file(path, static_cast<std::uintmax_t>(bytes * share));
  }
};

TEST_F(BadInputTest, MissingEmptyAndUnknownFiles) {
  EXPECT_EQ(error({folder_ / "none.csv"}).code, ErrorCode::kNotFound);
  EXPECT_THAT(error({folder_}).message, HasSubstr("not a regular file"));
  EXPECT_THAT(error({file("")}).message, HasSubstr("the file is empty"));
  EXPECT_THAT(error({file("\n\n")}).message, HasSubstr("no line of text"));
  EXPECT_THAT(error({file("just some words\nand more\n")}).message,
              AllOf(HasSubstr("no known format"), HasSubstr("just some words")));
  EXPECT_THAT(error({file("timestamp,workload,value\n")}).message, HasSubstr("no rows of data"));
  EXPECT_THAT(error({}).message, HasSubstr("no file is named"));
}

TEST_F(BadInputTest, TruncatedCompressionIsAnErrorAndNotAShorterTrace) {
  const std::string gzip = packed("gzip -f", many_rows(20000)) + ".gz";
  truncate(gzip, 0.6);
  EXPECT_THAT(error({gzip}).message, HasSubstr("damaged or truncated gzip file"));
  EXPECT_THAT(error({file("timestamp,a\n0,1\n", "plain.csv.gz")}).message,
              HasSubstr("not a gzip file"));
  EXPECT_THAT(error({file("timestamp,a\n0,1\n", "plain.csv.zst")}).message,
              HasSubstr("not a Zstandard file"));
  // Frame of one raw block of 16 bytes, as RFC 8878 has it: magic, descriptor, size, block.
  std::string frame("\x28\xb5\x2f\xfd\x20\x10\x81\x00\x00", 9);
  frame += "timestamp,a\n0,1\n";
  EXPECT_THAT(read({file(frame, "whole.csv.zst")}).workloads[0].values, ElementsAre(1));
  EXPECT_THAT(error({file(frame.substr(0, 20), "cut.csv.zst")}).message,
              HasSubstr("damaged or truncated Zstandard file"));
  EXPECT_THAT(error({file("PAR1 and then nothing", "cut.parquet")}).message, HasSubstr("Parquet"));
}

TEST_F(BadInputTest, AnEndlessGzipIsLeftSoon) {
  const std::string path = folder_ / "endless.csv.gz";
  gzFile out = ::gzopen(path.c_str(), "wb");
  const std::string rows(1 << 20, '\n');
  for (int i = 0; i < 100; ++i) ::gzwrite(out, rows.data(), static_cast<unsigned>(rows.size()));
  ::gzclose(out);
  const Error by_ratio = error({path});
  EXPECT_EQ(by_ratio.code, ErrorCode::kTooLarge);
  EXPECT_THAT(by_ratio.message, HasSubstr("more than 500 times its size"));
  ReadRawOptions small;
  small.limits.file_bytes_max = 1 << 20;
  EXPECT_THAT(error({path}, small).message, HasSubstr("more than 1048576 bytes of text"));
}

TEST_F(BadInputTest, ALineWithoutEndIsAnErrorWithItsNumber) {
  ReadRawOptions options;
  options.limits.line_bytes_max = 10'000;
  const std::string text =
      "timestamp,workload,value\n0,a,1\n60," + std::string(50'000, 'x') + ",2\n120,b,3\n";
  const Error plain = error({file(text)}, options);
  EXPECT_EQ(plain.code, ErrorCode::kTooLarge);
  EXPECT_THAT(plain.message, HasSubstr("trace.csv:3: a line of more than 10000 bytes"));
  EXPECT_THAT(error({gzipped(text)}, options).message, HasSubstr(":3: a line of more than 10000"));
}

TEST_F(BadInputTest, RowsOfTheWrongShapeAreCountedWithTheirLines) {
  const auto path = file(
      "timestamp,workload,value\n0,a,1\n60,a\n120,a,2,3\n180,,4\nsoon,a,5\n,a,6\n240,a,7\n"
      "300,\xff\xfe,8\n360,a,eight\n");
  const RawTrace trace = read({path});
  EXPECT_THAT(names(trace), ElementsAre("a"));
  EXPECT_THAT(times_s(trace.workloads[0]), ElementsAre(0, 240, 360));
  for (const char* reason : {"too few cells", "too many cells", "not UTF-8", "no workload",
                             "not a timestamp", "no timestamp", "not a number"}) {
    EXPECT_EQ(skipped(trace, reason), 1) << reason;
  }
  for (const Skipped& skip : trace.skipped) {
    const std::map<std::string, std::string> expected{{"too few cells", ":3: 60,a"},
                                                      {"no workload", ":5: 180,4"},
                                                      {"not a number", ":10: 360,a,eight"}};
    const auto one = expected.find(skip.reason);
    if (one == expected.end()) continue;
    EXPECT_THAT(skip.examples, ElementsAre(path + one->second));
  }
}

TEST_F(BadInputTest, AFileOfAnotherDelimiterIsAnErrorAndItsLinesAreNotListedForEver) {
  std::string text = "timestamp,workload,value\n0,a,1\n";
  for (int i = 0; i < 60'000; ++i) text += "60;a;2\n";
  EXPECT_THAT(error({file(text)}).message,
              AllOf(HasSubstr("too few cells"), HasSubstr("is ',' its delimiter?")));
}

TEST_F(BadInputTest, ANameThatIsNoNameIsSkipped) {
  const RawTrace trace =
      read({file("timestamp,workload,value\n0," + std::string(3000, 'x') + ",1\n60,a,2\n")});
  EXPECT_THAT(names(trace), ElementsAre("a"));
  EXPECT_EQ(skipped(trace, "a workload name over 500 characters"), 1);
}

TEST_F(BadInputTest, DatesOfAnotherAgeAreSkipped) {
  const RawTrace trace = read(
      {file("timestamp,workload,value\n0000-01-01,a,1\n9999-12-31T00:00:00Z,a,2\n2024-02-30,a,3\n"
            "2024-05-01T12:00:00Z,a,4\n99999999-01-01,a,5\n1e300,a,6\ninf,a,7\n")});
  EXPECT_THAT(trace.workloads[0].values, ElementsAre(4));
  EXPECT_EQ(skipped(trace, "a date out of 1900 … 2199"), 2);
  EXPECT_EQ(skipped(trace, "not a timestamp"), 4);
}

TEST_F(BadInputTest, EventsFarApartDoNotMakeAnEndlessGrid) {
  const Error far =
      error({file("timestamp,kind\n1950-01-01,a\n2150-01-01,b\n")}, {.step = Duration{1ms}});
  EXPECT_EQ(far.code, ErrorCode::kTooLarge);
  EXPECT_THAT(far.message, HasSubstr("is one timestamp far off?"));
}

TEST_F(BadInputTest, NothingTakenIsAnErrorThatSaysWhy) {
  EXPECT_THAT(error({file("timestamp,workload,value\nx,a,1\ny,a,2\n")}).message,
              AllOf(HasSubstr("no row could be taken"), HasSubstr("not a timestamp"),
                    HasSubstr("trace.csv:2: x,a,1")));
  EXPECT_THAT(error({file("0;1;2\n3;4;5\n")}, {.format = "long"}).message,
              HasSubstr("no time column"));
  EXPECT_THAT(error({file("timestamp,workload,value\n0;a;1\n60;a;2\n")}).message,
              HasSubstr("too few cells"));
}

TEST_F(BadInputTest, TooManyWorkloadsRowsPointsAndColumns) {
  std::string text = "timestamp,workload,value\n";
  for (int i = 0; i < 3000; ++i) text += fmt::format("0,w{},1\n", i);
  const auto path = file(text);
  ReadRawOptions options;
  options.limits.workloads_max = 1000;
  EXPECT_THAT(error({path}, options).message,
              AllOf(HasSubstr("more than 1000 workloads"), HasSubstr("--max-workloads")));
  options.limits = {};
  options.limits.rows_max = 1000;
  EXPECT_THAT(error({path}, options).message,
              AllOf(HasSubstr("more than 1000 rows"), HasSubstr("--max-rows")));
  options.limits = {};
  options.limits.points_max = 1000;
  EXPECT_THAT(error({path}, options).message,
              AllOf(HasSubstr("more than 1000 points"), HasSubstr("--max-points")));

  std::string header = "timestamp", row = "0";
  for (int i = 0; i < 11'000; ++i) {
    header += fmt::format(",w{}", i);
    row += ",1";
  }
  EXPECT_THAT(error({file(header + "\n" + row + "\n")}).message, HasSubstr("write it long"));
  EXPECT_THAT(error({file("timestamp,a,a\n0,1,2\n")}).message,
              HasSubstr("two columns are called 'a'"));
}

TEST_F(BadInputTest, TimeIsLimited) {
  ReadRawOptions options;
  options.limits.time_max = Duration{0};
  const Error late = error({file(many_rows(300'000))}, options);
  EXPECT_EQ(late.code, ErrorCode::kTimeout);
  EXPECT_THAT(late.message, HasSubstr("raise --max-time"));
}

TEST_F(BadInputTest, TimeIsLimitedWhileAFileIsChecked) {
  // Far more than can be unpacked in a millisecond.
  const std::string path = folder_ / "long.csv.gz";
  gzFile out = ::gzopen(path.c_str(), "wb1");
  std::string rows;
  for (int i = 0; i < 100'000; ++i) rows += fmt::format("{},{}\n", i, i * 7919 % 10'007);
  ::gzputs(out, "timestamp,a\n");
  while (::gzoffset(out) < 8 << 20) ::gzwrite(out, rows.data(), static_cast<unsigned>(rows.size()));
  ::gzclose(out);
  ReadRawOptions options;
  options.limits.time_max = 1ms;
  EXPECT_EQ(error({path}, options).code, ErrorCode::kTimeout);
}

TEST_F(BadInputTest, AParquetFileIsBoundedByWhatItsMetadataSay) {
  auto database = sql::Database::open("");
  ASSERT_TRUE(database);
  auto connection = database->connect();
  ASSERT_TRUE(connection);
  const std::string path = folder_ / "large.parquet";
  ASSERT_TRUE(
      connection->execute("COPY (SELECT i AS timestamp, 1.5 AS a FROM range(1000) t(i)) TO '" +
                          path + "' (FORMAT parquet)"));
  EXPECT_EQ(read({path}).workloads[0].values.size(), 1000u);
  ReadRawOptions options;
  options.limits.rows_max = 999;
  EXPECT_THAT(error({path}, options).message,
              AllOf(HasSubstr("1000 rows, more than 999"), HasSubstr("--max-rows")));
  options.limits = {};
  options.limits.file_bytes_max = 100;
  const Error bytes = error({path}, options);
  EXPECT_EQ(bytes.code, ErrorCode::kTooLarge);
  EXPECT_THAT(bytes.message, HasSubstr("--max-file-bytes"));
}

TEST_F(BadInputTest, FilesOfDifferentFormatsAreNotMixed) {
  EXPECT_THAT(error({file("timestamp,a\n0,1\n", "a.csv"),
                     file("timestamp,workload,value\n0,a,1\n", "b.csv")})
                  .message,
              AllOf(HasSubstr("looks like wide"), HasSubstr("b.csv like long")));
}

TEST_F(BadInputTest, NamesOfFilesAndColumnsAreNoSql) {
  const auto path = file("timestamp,\"a'); DROP TABLE x; --\"\n0,1\n", "it's [odd]*?.csv");
  const RawTrace trace = read({path});
  EXPECT_THAT(names(trace), ElementsAre("a'); DROP TABLE x; --"));
}

}  // namespace
}  // namespace starling
