// Tenants with enough models get weights of their own, and only where these forecast better.
#include "apps/agent/tenant_copies.h"

#include <gmock/gmock.h>

#include "forecast/net/artifact_for_tests.h"
#include "forecast/workloads_for_tests.h"

namespace starling::agent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;

std::vector<Series> workloads_of(const std::vector<std::pair<std::string, int>>& tenants) {
  std::vector<Series> all;
  for (const auto& [tenant, count] : tenants) {
    auto some = patterned_workloads(count, 600, all.size() + 1);
    for (Series& series : some) {
      series.workload = tenant + "/" + series.workload;
      all.push_back(std::move(series));
    }
  }
  return all;
}

TEST(TenantCopies, OfATenantWithEnoughModelsWhereTheyForecastBetter) {
  const auto copies = copies_for_tenants(
      artifact_for_tests(), workloads_of({{"small", 5}, {"a/large", 32}}), {.rate = 1e-3});
  ASSERT_THAT(copies, ElementsAre(Key("a/large")));
  EXPECT_NE(copies.at("a/large").version(), artifact_for_tests().version());
}

TEST(TenantCopies, NoneForTheOnlyTenantAndNoneWithoutLearning) {
  EXPECT_THAT(
      copies_for_tenants(artifact_for_tests(), workloads_of({{"only", 32}}), {.rate = 1e-3}),
      IsEmpty());
  EXPECT_THAT(copies_for_tenants(artifact_for_tests(), workloads_of({{"a", 32}, {"b", 1}}),
                                 {.rate = 1e-3}, [] { return false; }),
              IsEmpty());
}

}  // namespace
}  // namespace starling::agent
