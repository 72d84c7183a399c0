// Tables of a fleet, as people read them.
#include "apps/cli/views.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace starling::cli {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

Json decision(double time) {
  return {{"time", time},
          {"model", "m"},
          {"current", 1},
          {"desired", 2},
          {"observation", {{"arrival_rate", 3.0}}},
          {"planned_rate", 4.0},
          {"outcome", "asked for 1 more"}};
}

TEST(Decisions, HaveTheDateWhereTheyAreOfSeveralDays) {
  constexpr double kNoon = 1'714'564'800;  // 2024-05-01 12:00 UTC
  const Json one = Json::array({decision(kNoon), decision(kNoon + 60)});
  EXPECT_THAT(decisions_table(one, false), Not(HasSubstr("2024")));
  const Json several = Json::array({decision(kNoon), decision(kNoon + 2 * 86'400)});
  EXPECT_THAT(decisions_table(several, false), HasSubstr("2024-05-0"));
}

TEST(Models, SayNothingOfCoverageBeforeThereIsAnyToSpeakOf) {
  const auto table = [](int outcomes) {
    const Json model{
        {"name", "m"},
        {"ready", 1},
        {"desired", 1},
        {"arrival_rate", 2.5},
        {"forecast",
         {{"p50", 2.0}, {"p90", 3.0}, {"coverage_90", 1.0}, {"coverage_outcomes", outcomes}}},
        {"latency_ms", {{"p99", nullptr}}},
        {"slo_attainment", nullptr},
        {"owner", "a"},
        {"policy", "predictive"}};
    return models_table(Json::array({model}), false);
  };
  EXPECT_THAT(table(3), Not(HasSubstr("100%")));
  EXPECT_THAT(table(300), HasSubstr("100%"));
}

}  // namespace
}  // namespace starling::cli
