// Cost against gain: the frontier, the intervals and the names.
#include "plot/tradeoff.h"

#include <gtest/gtest.h>

namespace starling {
namespace {

TEST(Tradeoff, TheFrontierIsWhatNoneBeats) {
  const std::vector<TradeoffPoint> points{
      {.name = "dear and bad", .x = 9, .y = 50},       {.name = "dear and good", .x = 8, .y = 99},
      {.name = "cheap and bad", .x = 1, .y = 40},      {.name = "its equal", .x = 1, .y = 40},
      {.name = "as cheap and worse", .x = 1, .y = 30}, {.name = "between", .x = 4, .y = 70},
      {.name = "as good and dearer", .x = 5, .y = 70}};
  EXPECT_EQ(pareto_frontier(points), (std::vector<std::size_t>{2, 5, 1}));
  EXPECT_TRUE(pareto_frontier({}).empty());
}

TEST(Tradeoff, DrawsPointsWithIntervalsAndNamesInsideTheDomain) {
  const TradeoffChart chart{
      .points = {{.name = "hpa", .x = 100, .x_half = 5, .y = 99.9, .y_half = 0.3},
                 {.name = "aiad", .x = 300, .x_half = 0, .y = 97, .y_half = 0}},
      .y_max = 100};
  const auto spec = tradeoff_chart(chart);
  const auto& hpa = spec["data"]["values"][0];
  EXPECT_EQ(hpa["name"], "hpa");
  EXPECT_EQ(hpa["x_low"], 95);
  EXPECT_EQ(hpa["x_high"], 105);
  EXPECT_EQ(hpa["y_high"], 100) << "no more than can be";
  for (const auto& layer : spec["layer"]) {
    if (layer["mark"]["type"] != "point") continue;
    const auto& domain = layer["encoding"]["x"]["scale"]["domain"];
    EXPECT_LT(domain[0], 95);
    EXPECT_GT(domain[1], 300);
    for (const auto& value : spec["data"]["values"]) {
      EXPECT_GT(value["label_x"], domain[0]);
      EXPECT_LT(value["label_x"], domain[1]);
    }
  }
}

TEST(Tradeoff, OnePointOrNoneHasADomain) {
  EXPECT_FALSE(tradeoff_chart({.points = {{.name = "hpa", .x = 0, .y = 1}}}).dump().empty());
  EXPECT_EQ(tradeoff_chart({.points = {{.name = "hpa", .x = 0, .y = 1}}}).dump().find("null,null"),
            std::string::npos);
  EXPECT_TRUE(tradeoff_chart({.points = {}}).contains("mark"));
}

}  // namespace
}  // namespace starling
