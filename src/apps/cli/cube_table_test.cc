// The cube's answers as people read them, and as programs do.
#include "apps/cli/cube_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace starling::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

json answer(const json& measures, const json& values) {
  return {{"measures", measures},
          {"rows", {"model"}},
          {"columns", json::array()},
          {"column_keys", {json::array()}},
          {"table", {{{"keys", {"digits"}}, {"values", {values}}}}}};
}

TEST(CubeTable, SharesAndLatenciesHaveTheirUnitsAndNothingHasAnExponent) {
  const auto table = cube_table(answer({{{"name", "slo_attainment"}, {"unit", "ratio"}},
                                        {{"name", "p99_latency"}, {"unit", "ms"}},
                                        {{"name", "cost"}, {"unit", "currency"}},
                                        {{"name", "requests"}, {"unit", "requests"}},
                                        {{"name", "replicas"}, {"unit", "replicas"}}},
                                       {0.9995, 35.96, 7.545e-06, 44, nullptr}));
  EXPECT_THAT(table, HasSubstr("99.95%"));
  EXPECT_THAT(table, HasSubstr(" 36.0ms "));
  EXPECT_THAT(table, HasSubstr(" 0.000007545 "));
  EXPECT_THAT(table, HasSubstr(" 44 "));
  EXPECT_THAT(table, HasSubstr(" -\n"));
}

TEST(CubeTable, ProgramsGetTheBareValues) {
  const auto csv = cube_csv(answer({{{"name", "slo_attainment"}, {"unit", "ratio"}}}, {0.9995}));
  EXPECT_EQ(csv, "model,slo_attainment\ndigits,0.9995\n");
}

TEST(CubeTable, APivotOfOneMeasureSaysWhichAndInWhatUnit) {
  auto pivot = answer({{{"name", "arrival_rate"}, {"unit", "requests/s"}}}, {2.5});
  pivot["columns"] = {"cloud"};
  pivot["column_keys"] = {{"aws"}};
  const auto table = cube_table(pivot);
  EXPECT_TRUE(table.starts_with("arrival_rate, requests/s\n\nmodel   aws\n")) << table;
}

}  // namespace
}  // namespace starling::cli
