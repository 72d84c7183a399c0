// Families of workloads, and one adapted copy for each that is large enough.
#include "forecast/meta/pooled.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "forecast/net/artifact_for_tests.h"
#include "forecast/workloads_for_tests.h"

namespace starling {
namespace {

/// Ten busy calm workloads and six idle ones with rare bursts, by turns as far as they go.
std::vector<Series> two_kinds() {
  std::vector<Series> workloads;
  for (int w = 0; w < 16; ++w) {
    Rng rng(static_cast<std::uint64_t>(w));
    const bool idle = w % 2 == 1 && w < 12;
    Series series{.workload = std::to_string(w), .step = 60s, .values = {}, .present = {}};
    for (int i = 0; i < 300; ++i) {
      series.values.push_back(idle ? (rng.chance(0.05) ? 40.0 : 0.0)
                                   : static_cast<double>(rng.poisson(500)));
    }
    series.present.assign(series.values.size(), 1);
    workloads.push_back(std::move(series));
  }
  return workloads;
}

TEST(Families, LikenessKeepsKindsApartWhateverTheirUnit) {
  auto workloads = two_kinds();
  for (std::size_t w = 0; w < workloads.size(); w += 3) {
    for (double& x : workloads[w].values) x *= 1e4;
  }
  const auto families = families_by_likeness(workloads, 2, 1);
  ASSERT_EQ(families.size(), 2U);
  EXPECT_EQ(families[0].name, "cluster-0");
  EXPECT_EQ(families[0].workloads, (std::vector<std::size_t>{0, 2, 4, 6, 8, 10, 12, 13, 14, 15}));
  EXPECT_EQ(families[1].workloads, (std::vector<std::size_t>{1, 3, 5, 7, 9, 11}));
}

TEST(Families, EveryWorkloadIsInOneFamilyAndEqualOnesAreNotTornApart) {
  std::vector<Series> same(5, two_kinds().front());
  EXPECT_EQ(families_by_likeness(same, 3, 1).size(), 1U);
  EXPECT_TRUE(families_by_likeness({}, 3, 1).empty());
  Series unknown = same.front();
  unknown.present.assign(unknown.size(), 0);
  same.push_back(unknown);
  std::size_t members = 0;
  for (const Family& family : families_by_likeness(same, 3, 1)) members += family.workloads.size();
  EXPECT_EQ(members, same.size());
}

TEST(Families, ALabelIsAFamily) {
  const std::vector<std::string> labels{"shop", "search", "shop"};
  const auto families = families_by_label(labels);
  ASSERT_EQ(families.size(), 2U);
  EXPECT_EQ(families[0].name, "search");
  EXPECT_EQ(families[1].workloads, (std::vector<std::size_t>{0, 2}));
}

TEST(Pooled, LargeFamiliesGetACopyAndSmallOnesKeepTheSharedWeights) {
  const auto workloads = patterned_workloads(40, 600, 4);
  std::vector<std::string> tenants(workloads.size(), "large");
  std::fill(tenants.begin() + 32, tenants.end(), "small");
  const auto copies =
      adapt_pools(artifact_for_tests(), workloads, families_by_label(tenants), {.rate = 1e-3});
  ASSERT_EQ(copies.size(), 2U);
  ASSERT_TRUE(copies[0].copy) << copies[0].reason;
  EXPECT_LT(copies[0].copy->loss_after, copies[0].copy->loss_before);
  EXPECT_NE(copies[0].copy->artifact.version(), artifact_for_tests().version());
  EXPECT_FALSE(copies[1].copy);
  EXPECT_NE(copies[1].reason.find("8 workloads"), std::string::npos) << copies[1].reason;
}

}  // namespace
}  // namespace starling
