// Sums of several nodes' histories, and the table of them.
#include "apps/cli/shadow_report.h"

#include <gmock/gmock.h>

namespace starling::cli {
namespace {

using Json = nlohmann::json;

TEST(ShadowReport, AddsWhatEveryOwnerDecided) {
  Json models = Json::array();
  add_shadow_rows(models, Json::parse(R"([
    ["tones", "hpa", false, 3600, 7200, 10, 0, null, 0],
    ["digits", "hpa", false, 3600, 7200, 100, 4, null, 2],
    ["digits", "predictive", true, 7200, 7200, 100, 1, 2, 5]])"));
  add_shadow_rows(models, Json::parse(R"([
    ["digits", "predictive", true, 3600, 3600, 100, 0, 1, 1],
    ["digits", "hpa", false, 1800, 3600, 100, 6, null, null]])"));
  EXPECT_EQ(models, Json::parse(R"([
    {"model": "digits", "policies": [
      {"policy": "predictive", "acting": true, "replica_hours": 3.0, "acting_replica_hours": 3.0,
       "arrivals": 200.0, "missed_estimate": 1.0, "missed": 3.0, "scale_actions": 6},
      {"policy": "hpa", "acting": false, "replica_hours": 1.5, "acting_replica_hours": 3.0,
       "arrivals": 200.0, "missed_estimate": 10.0, "missed": null, "scale_actions": 2}]},
    {"model": "tones", "policies": [
      {"policy": "hpa", "acting": false, "replica_hours": 1.0, "acting_replica_hours": 2.0,
       "arrivals": 10.0, "missed_estimate": 0.0, "missed": null, "scale_actions": 0}]}])"));
  const std::string table = shadow_table({{"models", models}}, "");
  EXPECT_THAT(table, testing::ContainsRegex(
                         "digits +predictive \\(acting\\) +3.00 +- +99.50% +98.50% +6\n"));
  EXPECT_THAT(table, testing::ContainsRegex("digits +hpa +1.50 +-50.0% +95.00% +- +2\n"));
}

TEST(ShadowReport, WithoutRequestsThereIsNoAttainment) {
  Json models = Json::array();
  add_shadow_rows(models, Json::parse(R"([["a", "hpa", false, 10, 0, 0, 0, null, 0]])"));
  EXPECT_THAT(shadow_table({{"models", models}}, ""),
              testing::ContainsRegex("a +hpa +0.00 +- +- +- +0"));
  EXPECT_EQ(shadow_table({{"models", Json::array()}}, "none"), "none\n");
}

}  // namespace
}  // namespace starling::cli
