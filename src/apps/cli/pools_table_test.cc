// The table of elastic pools: what people read of each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/cli/views.h"

namespace starling::cli {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

Json pool_of(const std::string& name) {
  return {{"name", name},
          {"decider", "aws-1"},
          {"cloud", "aws"},
          {"min", 0},
          {"max", 5},
          {"wanted", 4},
          {"pending", 1},
          {"running", 2},
          {"draining", 0},
          {"node", {{"cpu_millis", 4000}, {"memory_bytes", 16LL << 30}}},
          {"price_per_hour", 0.05},
          {"cost_per_hour", 0.15},
          {"budget_per_hour", 0.15},
          {"limit", "budget of 0.15 an hour pays for at 0.05 each (3)"},
          {"error", ""}};
}

TEST(PoolsTable, ShowsWhatIsWantedWhatItCostsAndWhatHoldsIt) {
  const auto table = pools_table(Json::array({pool_of("burst")}), false);
  EXPECT_THAT(table, ContainsRegex("burst +4 +1 +2 +0-5 +0.15 +0.15 +held by its budget of 0.15"));
  EXPECT_THAT(table, Not(HasSubstr("aws-1")));
  EXPECT_THAT(pools_table(Json::array({pool_of("burst")}), true), HasSubstr("aws-1"));
}

TEST(PoolsTable, ANodesGpusAreShownWhereItHasSome) {
  auto pool = pool_of("burst");
  EXPECT_THAT(pools_table(Json::array({pool}), true), Not(HasSubstr("GPU")));
  pool["node"]["gpus"] = 2;
  EXPECT_THAT(pools_table(Json::array({pool}), true), HasSubstr("16Gi / 2 GPU"));
}

TEST(PoolsTable, AProvidersFailureComesBeforeALimit) {
  auto pool = pool_of("burst");
  pool["error"] = "create burst-2: exit code 3: no quota";
  const auto table = pools_table(Json::array({pool}), false);
  EXPECT_THAT(table, HasSubstr("no quota"));
  EXPECT_THAT(table, Not(HasSubstr("held by")));
}

TEST(PoolsTable, APoolThatNobodyDecidesForYetAndNoneAtAllAreToldAsSuch) {
  const Json undecided{{"name", "burst"}, {"decider", nullptr}};
  EXPECT_THAT(pools_table(Json::array({undecided}), true), HasSubstr("no node decides for it yet"));
  EXPECT_THAT(pools_table(Json::array(), false), HasSubstr("No pools"));
}

}  // namespace
}  // namespace starling::cli
