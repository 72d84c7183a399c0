#include "history/cube.h"

#include <gmock/gmock.h>

namespace starling::history {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

const TimePoint kNow = *parse_iso8601("2026-01-31T12:00:00Z");

std::string error_of(const char* body) {
  const auto cube = parse_cube(Json::parse(body), kNow);
  return cube ? "no error" : cube.error().message;
}

std::string rows_of(const Cube& cube) {
  std::string names;
  for (const auto* d : cube.rows) names += fmt::format("{} ", d->name);
  return names;
}

TEST(Cube, AsksForTheLastDayUnlessToldOtherwise) {
  const auto cube = parse_cube(Json::parse(R"({"measures": "requests"})"), kNow);
  ASSERT_TRUE(cube) << cube.error().message;
  EXPECT_EQ(iso8601(cube->since), "2026-01-30T12:00:00Z");
  EXPECT_EQ(cube->until, kNow);
  const auto other = parse_cube(
      Json::parse(R"({"measures": ["cost"], "since": "7d", "until": "2026-01-30"})"), kNow);
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_EQ(iso8601(other->since), "2026-01-24T12:00:00Z");
  EXPECT_EQ(iso8601(other->until), "2026-01-30T00:00:00Z");
}

TEST(Cube, TravelsAsTheSameQuestion) {
  const auto cube = parse_cube(
      Json::parse(R"({"measures": ["cost", "p99_latency"], "rows": ["cloud"], "columns": ["hour"],
                      "where": "tenant=demo", "since": "3h", "drill": "cloud=aws", "limit": 7})"),
      kNow);
  ASSERT_TRUE(cube) << cube.error().message;
  const auto again = parse_cube(to_json(*cube), kNow + 1h);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(to_json(*again), to_json(*cube));
}

TEST(Cube, DrillsOneLevelDown) {
  const auto cube = parse_cube(
      Json::parse(
          R"({"measures": "cost", "rows": ["cloud", "model"], "drill": ["cloud=aws", "region=eu"]})"),
      kNow);
  ASSERT_TRUE(cube) << cube.error().message;
  EXPECT_EQ(rows_of(*cube), "zone model ");
  EXPECT_EQ(to_text(cube->filter), "cloud='aws' and region='eu'");
  const auto absent = parse_cube(
      Json::parse(R"({"measures": "cost", "rows": ["cloud"], "drill": "tenant=demo"})"), kNow);
  EXPECT_EQ(rows_of(*absent), "cloud model ");
  EXPECT_THAT(error_of(R"({"measures": "cost", "drill": "node=n1"})"), HasSubstr("lowest level"));
  EXPECT_THAT(error_of(R"({"measures": "cost", "drill": "cloud!=aws"})"), HasSubstr("one value"));
}

TEST(Cube, NamesWhatIsWrong) {
  EXPECT_THAT(error_of("[]"), HasSubstr("expected a JSON body"));
  EXPECT_THAT(error_of("{}"), HasSubstr("'measures': expected at least one"));
  EXPECT_THAT(error_of(R"({"measures": [1]})"), HasSubstr("'measures': expected a list"));
  EXPECT_THAT(error_of(R"({"measures": ["p99_latancy"]})"),
              HasSubstr("did you mean 'p99_latency'?"));
  EXPECT_THAT(error_of(R"({"measures": "cost", "rows": ["modl"]})"),
              HasSubstr("'rows': there is no dimension 'modl' (did you mean 'model'?)"));
  EXPECT_THAT(error_of(R"({"measures": "cost", "row": []})"), HasSubstr("did you mean 'rows'?"));
  EXPECT_THAT(error_of(R"({"measures": "cost", "rows": ["model"], "columns": ["model"]})"),
              HasSubstr("'model' stands twice"));
  EXPECT_THAT(error_of(R"({"measures": "cost", "since": "yesterday"})"),
              HasSubstr("'since': 'yesterday' is neither a duration"));
  EXPECT_THAT(error_of(R"({"measures": "cost", "since": "1h", "until": "2h"})"),
              HasSubstr("'since' (2026-01-31T11:00:00Z) must be before 'until'"));
  EXPECT_THAT(error_of(R"({"measures": "cost", "limit": 0})"), HasSubstr("'limit'"));
  EXPECT_THAT(error_of(R"({"measures": "cost", "rollup": 1})"), HasSubstr("'rollup'"));
  EXPECT_THAT(error_of(R"({"measures": "cost", "where": "cloud=aws or"})"),
              HasSubstr("'where': filter, character 11"));
  EXPECT_THAT(error_of(R"({"measures": ["cost", "node_cpu"], "rows": ["model"]})"),
              HasSubstr("'node_cpu' is about nodes"));
}

TEST(Cube, EveryMeasureNamesColumnsThatExist) {
  for (const auto& measure : measures()) {
    EXPECT_FALSE(measure.meaning.empty()) << measure.name;
    EXPECT_FALSE(measure.unit.empty()) << measure.name;
    EXPECT_FALSE(measure.facts().empty()) << measure.name;
    for (const auto name : {measure.numerator, measure.denominator}) {
      EXPECT_TRUE(name.empty() || find_partial_column(name) != nullptr) << measure.name;
    }
  }
}

TEST(Cube, EveryFinerLevelIsOfTheSameHierarchy) {
  for (const auto& dimension : dimensions()) {
    if (dimension.finer.empty()) continue;
    const auto* finer = find_dimension(dimension.finer);
    ASSERT_NE(finer, nullptr) << dimension.name;
    EXPECT_EQ(finer->hierarchy, dimension.hierarchy) << dimension.name;
  }
}

}  // namespace
}  // namespace starling::history
