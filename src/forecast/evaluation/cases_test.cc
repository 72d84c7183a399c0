// Case files: what is written is read back exactly; what is wrong is named with its line.
#include "forecast/evaluation/cases.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

namespace starling {
namespace {

class CaseFiles : public testing::Test {
 protected:
  std::string path(const std::string& name) {
    const std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();
    return testing::TempDir() + test + "-" + name;
  }
  std::string written(const std::string& text) {
    const std::string file = path("cases.csv");
    std::ofstream(file) << text;
    return file;
  }
  std::string error_of(const std::string& text) {
    const auto cases = read_cases(written(text));
    return cases ? "read" : cases.error().message;
  }
};

const std::string kHeader = "id,dataset,workload,step_s,season,history,future\n";

TEST_F(CaseFiles, MissingPointsAndSeasonsAreRead) {
  const auto cases = read_cases(written(kHeader + "a,d,\"w,1\",60,,1;;2.5,;4\n"));
  ASSERT_TRUE(cases) << cases.error().message;
  const ForecastCase& one = cases->front();
  EXPECT_EQ(one.workload, "w,1");
  EXPECT_EQ(one.step, 60s);
  EXPECT_EQ(one.season, 0);
  EXPECT_EQ(one.history, (MaskedPoints{{1, 0, 2.5}, {1, 0, 1}}));
  EXPECT_EQ(one.future, (MaskedPoints{{0, 4}, {0, 1}}));
}

TEST_F(CaseFiles, ColumnsMayStandInAnyOrderAmongOthers) {
  const auto cases = read_cases(
      written("note,future,history,season,step_s,workload,dataset,id\r\nx,2,1,5,0.5,w,d,a\r\n"));
  ASSERT_TRUE(cases) << cases.error().message;
  EXPECT_EQ(cases->front().id, "a");
  EXPECT_EQ(cases->front().step, 500ms);
  EXPECT_EQ(cases->front().season, 5);
}

TEST_F(CaseFiles, ErrorsNameFileAndLine) {
  const std::string good = "a,d,w,60,0,1;2,3\n";
  EXPECT_NE(error_of(kHeader + good + "b,d,w,60,0,1;x,3\n").find("cases.csv:3: history: point 2"),
            std::string::npos);
  EXPECT_NE(error_of(kHeader + good + "b,d,w,60,0,1;inf,3\n").find("not a finite number"),
            std::string::npos);
  EXPECT_NE(error_of(kHeader + "b,d,w,0,0,1,3\n").find(":2: step_s '0'"), std::string::npos);
  EXPECT_NE(error_of(kHeader + "b,d,w,60,1.5,1,3\n").find(":2: season '1.5'"), std::string::npos);
  EXPECT_NE(error_of(kHeader + "b,d,w,60,0,1,\n").find(":2: 'future' is empty"), std::string::npos);
  EXPECT_NE(error_of(kHeader + "b,d,w,60,0,1\n").find(":2: 6 cells"), std::string::npos);
  EXPECT_NE(error_of(kHeader + good + good).find(":3: the id 'a'"), std::string::npos);
  EXPECT_NE(error_of("id,dataset,workload,steps,season,history,future\n").find("step_s"),
            std::string::npos);
  EXPECT_NE(error_of(kHeader).find("no cases"), std::string::npos);
  EXPECT_NE(error_of("").find("no column 'id'"), std::string::npos);
  EXPECT_EQ(read_cases(path("none.csv")).error().code, ErrorCode::kNotFound);
}

TEST_F(CaseFiles, ATruncatedGzipFileIsAnErrorAndNotAShorterOne) {
  std::vector<ForecastCase> cases;
  for (int i = 0; i < 200; ++i) {
    ForecastCase one;
    one.id = fmt::format("{}", i);
    one.dataset = one.workload = "w";
    one.history = one.future = {{std::sqrt(i)}, {1}};
    cases.push_back(one);
  }
  const std::string file = path("cases.csv.gz");
  ASSERT_TRUE(write_cases(file, cases));
  ASSERT_EQ(read_cases(file)->size(), 200U);
  std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
  const auto damaged = read_cases(file);
  ASSERT_FALSE(damaged);
  EXPECT_NE(damaged.error().message.find("damaged"), std::string::npos) << damaged.error().message;
}

RC_GTEST_FIXTURE_PROP(CaseFiles, AnyCaseComesBackExactly, ()) {
  const auto points = [] {
    MaskedPoints made;
    const auto values = *rc::gen::nonEmpty<std::vector<double>>();
    for (const double x : values) {
      const bool known = std::isfinite(x) && *rc::gen::arbitrary<bool>();
      made.values.push_back(known ? x : 0);
      made.present.push_back(known ? 1 : 0);
    }
    made.values.push_back(1);  // a lone missing point would be an empty cell
    made.present.push_back(1);
    return made;
  };
  ForecastCase one;
  one.id = "a\"b";
  one.dataset = "d,e";
  one.workload = "w";
  one.step = 57s;
  one.season = *rc::gen::inRange(0, 9000);
  one.history = points();
  one.future = points();
  const std::string file = path("any.csv.gz");
  RC_ASSERT(write_cases(file, {one}).has_value());
  const auto read = read_cases(file);
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->front().id == one.id && read->front().dataset == one.dataset);
  RC_ASSERT(read->front().season == one.season && read->front().step == one.step);
  RC_ASSERT(read->front().history == one.history && read->front().future == one.future);
}

}  // namespace
}  // namespace starling
