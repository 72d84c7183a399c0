// What the charts promise: every value in its place, missing ones as gaps.
#include "plot/charts.h"

#include <gmock/gmock.h>

#include <cmath>

namespace starling {
namespace {

using nlohmann::json;

TEST(LineChart, MissingValuesBreakTheLineAndTimesAreMilliseconds) {
  const json spec = line_chart(
      {.x_axis = {.time = true}, .x = {10, 20, 30}, .lines = {{"a", {1, NAN, INFINITY}}}});
  const json& values = spec["layer"][0]["data"]["values"];
  ASSERT_EQ(values.size(), 3u);
  EXPECT_EQ(values[0]["x"], 10000);
  EXPECT_EQ(values[0]["y"], 1);
  EXPECT_TRUE(values[1]["y"].is_null());
  EXPECT_TRUE(values[2]["y"].is_null());
  EXPECT_EQ(spec["layer"][0]["encoding"]["x"]["scale"]["type"], "utc");
}

TEST(LineChart, BandsLieUnderLinesUnderMarkers) {
  const json spec = line_chart({.x = {0, 1},
                                .lines = {{"median", {2, 2}}},
                                .bands = {{"80 %", {1, 1}, {3, 3}}},
                                .markers = {{.x = 0.5, .text = "deploy"}}});
  ASSERT_EQ(spec["layer"].size(), 3u);
  EXPECT_EQ(spec["layer"][0]["mark"]["type"], "area");
  EXPECT_EQ(spec["layer"][1]["mark"]["type"], "line");
  EXPECT_EQ(spec["layer"][2]["data"]["values"][0]["text"], "deploy");
  EXPECT_FALSE(spec["layer"][0]["encoding"]["color"]["legend"].is_null());
}

TEST(LineChart, OneNameNeedsNoLegend) {
  const json spec = line_chart({.x = {0}, .lines = {{"a", {1}}}});
  EXPECT_TRUE(spec["layer"][0]["encoding"]["color"]["legend"].is_null());
}

TEST(HeatMap, KeepsTheOrderOfRowsAndColumns) {
  const json spec = heat_map({.value_title = "mean",
                              .columns = {"b", "a"},
                              .rows = {"Tue", "Mon"},
                              .cells = {{1, 2}, {3, NAN}}});
  EXPECT_EQ(spec["encoding"]["x"]["sort"], json({"b", "a"}));
  EXPECT_EQ(spec["encoding"]["y"]["sort"], json({"Tue", "Mon"}));
  const json& values = spec["data"]["values"];
  EXPECT_EQ(values[1]["value"], 2);
  EXPECT_EQ(values[2]["row"], "Mon");
  EXPECT_TRUE(values[3]["value"].is_null());
}

TEST(HeatMap, WritesItsNumbersReadably) {
  const json spec = heat_map({.value_title = "%",
                              .columns = {"a", "b"},
                              .rows = {"all"},
                              .cells = {{20, 100}},
                              .numbers = ".1f"});
  EXPECT_EQ(spec["layer"][0]["mark"]["type"], "rect");
  const json& numbers = spec["layer"][1];
  EXPECT_EQ(numbers["encoding"]["text"]["format"], ".1f");
  EXPECT_EQ(numbers["encoding"]["color"]["condition"]["test"], "datum.value > 60")
      << "light on the dark half";
}

TEST(BarChart, LyingBarsHaveTheirNamesUpright) {
  const json spec = bar_chart({.names = {"a", "b"}, .values = {1, 2}, .lying = true});
  EXPECT_EQ(spec["encoding"]["y"]["field"], "name");
  EXPECT_EQ(spec["encoding"]["x"]["field"], "value");
}

TEST(Histogram, BinsMeetAtTheirEdges) {
  const json spec = histogram_chart({.edges = {0, 1, 10}, .counts = {5, 2}});
  const json& values = spec["data"]["values"];
  EXPECT_EQ(values[0]["to"], values[1]["from"]);
  EXPECT_EQ(values[1]["count"], 2);
}

TEST(SmallMultiples, EveryChartIsThereOnceUnderOneSchema) {
  const json one = line_chart({.x = {0}, .lines = {{"a", {1}}}, .width = 200});
  const json spec = small_multiples({one, one, one}, 2);
  EXPECT_EQ(spec["concat"].size(), 3u);
  EXPECT_EQ(spec["columns"], 2);
  EXPECT_FALSE(spec["concat"][0].contains("$schema"));
}

TEST(ScatterChart, RulesLieBehindTheDots) {
  const json spec = scatter_chart(
      {.dots = {{.x = 1, .y = 2, .name = "m0", .group = "smooth"}}, .x_rules = {1.32}});
  ASSERT_EQ(spec["layer"].size(), 2u);
  EXPECT_EQ(spec["layer"][0]["mark"]["type"], "rule");
  EXPECT_EQ(spec["layer"][1]["data"]["values"][0]["label"], "m0");
}

}  // namespace
}  // namespace starling
