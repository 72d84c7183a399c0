#include "apps/cli/explanation.h"

#include <gmock/gmock.h>

namespace starling::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

/// As GET /v1/models/digits/explain answers.
json explained(json shadow) {
  const json decision = {
      {"time", 1'700'000'000.0},
      {"model", "digits"},
      {"owner", "node-1"},
      {"policy", "predictive"},
      {"current", 2},
      {"desired", 2},
      {"outcome", "none"},
      {"reason", "two are enough"},
      {"observation",
       {{"arrival_rate", 20.0},
        {"in_flight", 1.0},
        {"queued", 0.0},
        {"utilization", 0.5},
        {"ready", 2},
        {"starting", 0},
        {"service_mean_s", 0.05},
        {"service_scv", 0.5},
        {"occupied_s", 0.05},
        {"cold_start_s", 2.0}}},
      {"forecast", nullptr},
      {"candidates", json::array()},
      {"guards", json::array()},
      {"shadow", std::move(shadow)},
      {"bids", json::array()},
  };
  return {{"decision", decision}, {"last_change", nullptr}};
}

json outcome(const char* policy, bool acting, int ready, int wished, double arrivals,
             double missed) {
  return {{"policy", policy}, {"acting", acting},     {"wished", wished},         {"ready", ready},
          {"replica_s", 4.0}, {"arrivals", arrivals}, {"missed_estimate", missed}};
}

TEST(Explanation, SaysWhatEachPolicyInShadowWouldHave) {
  const std::string text = explanation_text(
      explained({outcome("predictive", true, 2, 2, 40, 0), outcome("hpa", false, 3, 3, 40, 0.24),
                 outcome("kpa", false, 1, 2, 0, 0)}));
  EXPECT_THAT(text, HasSubstr("Shadow     hpa would have 3 replicas (estimated SLO 99.4 %)\n"
                              "           kpa would have 1 replica and want 2 (no requests to "
                              "estimate by)\n"));
  EXPECT_THAT(text, Not(HasSubstr("predictive would have"))) << "it acts";
}

TEST(Explanation, HasNoLineOfShadowsWhereThereAreNone) {
  EXPECT_THAT(explanation_text(explained(json::array())), Not(HasSubstr("Shadow")));
}

TEST(Explanation, AnEstimateOfMoreMissesThanArrivalsIsNone) {
  EXPECT_THAT(explanation_text(explained({outcome("hpa", false, 1, 1, 10, 12)})),
              HasSubstr("(estimated SLO 0.0 %)"));
}

}  // namespace
}  // namespace starling::cli
