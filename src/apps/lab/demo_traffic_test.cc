#include "apps/lab/demo_traffic.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace starling::lab {
namespace {

std::vector<ModelSpec> specs() {
  std::vector<ModelSpec> all;
  for (const auto& driven : kDriven) all.emplace_back().name = driven.name;
  return all;
}

Series series(std::vector<double> values) {
  Series s;
  s.workload = "w";
  s.values = std::move(values);
  s.present.assign(s.values.size(), 1);
  return s;
}

TEST(PlanTraffic, FitsADayIntoTheTimeAndItsBusyTimeToTheModels) {
  const auto models = plan_traffic(synthetic_day(7), specs(), 200s);
  ASSERT_TRUE(models) << models.error().message;
  ASSERT_EQ(models->size(), std::size(kDriven));
  for (std::size_t i = 0; i < models->size(); ++i) {
    const auto& model = (*models)[i];
    EXPECT_EQ(model.name, kDriven[i].name);
    auto rates = model.plan.rate_per_s;
    EXPECT_NEAR(model.plan.step_s * static_cast<double>(rates.size()), 200, 1e-6);
    std::sort(rates.begin(), rates.end());
    EXPECT_LE(rates.back(), 1.2 * kDriven[i].busy_rate + 1e-9);
    const auto above = std::count_if(rates.begin(), rates.end(), [&](double rate) {
      return rate > kDriven[i].busy_rate * (1 + 1e-9);
    });
    EXPECT_LE(static_cast<double>(above), 0.02 * static_cast<double>(rates.size()) + 1);
    EXPECT_LT(rates.front(), 0.7 * kDriven[i].busy_rate) << "a day without a quiet time";
  }
  EXPECT_NE((*models)[0].plan.rate_per_s, (*models)[1].plan.rate_per_s);
}

TEST(PlanTraffic, OneSpikeDoesNotFlattenTheRest) {
  std::vector<double> values(100, 60);
  values[50] = 6000;
  const auto models = plan_traffic({series(values)}, specs(), 100s);
  ASSERT_TRUE(models) << models.error().message;
  for (std::size_t i = 0; i < models->size(); ++i) {
    const auto& rates = (*models)[i].plan.rate_per_s;
    EXPECT_DOUBLE_EQ(rates[0], kDriven[i].busy_rate);
    EXPECT_DOUBLE_EQ(rates[50], 1.2 * kDriven[i].busy_rate);
  }
}

TEST(PlanTraffic, AWorkloadThatIsAlmostAlwaysZeroIsNamed) {
  std::vector<double> values(100, 0);
  values[50] = 60;
  const auto models = plan_traffic({series(values)}, specs(), 100s);
  ASSERT_FALSE(models);
  EXPECT_THAT(models.error().message, testing::HasSubstr("workload w"));
}

}  // namespace
}  // namespace starling::lab
