// What serving is measured to cost, by replicas and requests that are made up.
#include "control/service_meter.h"

#include <gtest/gtest.h>

#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;

/// Replicas of half a core, fed to a meter every two seconds, beginning a minute after they
/// started.
class MeteredService : public ::testing::Test {
 protected:
  std::vector<const ReplicaStatus*> told() const {
    std::vector<const ReplicaStatus*> pointers;
    for (const auto& one : replicas_) pointers.push_back(&one);
    return pointers;
  }

  ReplicaStatus& add(const std::string& id, double cores = 0) {
    replicas_.push_back(replica(id, model("m"), "a"));
    replicas_.back().cpu_cores = cores;
    return replicas_.back();
  }

  std::optional<ServiceMeter::CpuUse> observe(double answered) {
    now_ += 2s;
    return meter_.observe_cpu(told(), answered, now_);
  }

  std::vector<ReplicaStatus> replicas_;
  ServiceMeter meter_{2s, 5s};
  TimePoint now_ = at(1min);
};

TEST_F(MeteredService, AColdStartIsAGuessUntilOneIsToldAndEachCountsOnce) {
  EXPECT_EQ(meter_.cold_start(), 5s);
  for (int i = 1; i <= 10; ++i) add(fmt::format("r{}", i)).cold_start = std::chrono::seconds(i);
  for (int told_again = 0; told_again < 3; ++told_again) meter_.observe_cold_starts(told());
  EXPECT_EQ(meter_.cold_start(), 9s);
  replicas_.clear();
  for (int i = 0; i < 20; ++i) add(fmt::format("later{}", i)).cold_start = 3s;
  meter_.observe_cold_starts(told());
  EXPECT_EQ(meter_.cold_start(), 3s) << "twenty are remembered";
}

TEST_F(MeteredService, ASlotIsTakenForTheCpuThatARequestCosts) {
  const ServiceTime measured{0.001, 1};
  add("r", 0.2);
  const auto use = observe(40);
  ASSERT_TRUE(use);
  EXPECT_DOUBLE_EQ(use->cpu_s, 0.4);
  EXPECT_DOUBLE_EQ(use->requests, 40);
  EXPECT_EQ(meter_.with_occupancy(measured, 500, 1).occupancy_s, 0) << "too few requests";
  observe(40);
  // 10 ms of CPU a request, of which half a core gives one in 20 ms; four slots wait for it.
  EXPECT_NEAR(meter_.with_occupancy(measured, 500, 1).occupancy_s, 0.02, 1e-12);
  EXPECT_NEAR(meter_.with_occupancy(measured, 500, 4).occupancy_s, 0.08, 1e-12);
  EXPECT_DOUBLE_EQ(meter_.cpu_share(), 0.4);
  EXPECT_DOUBLE_EQ(meter_.cpu_limit(), 0.5);
  replicas_.clear();
  observe(0);
  EXPECT_EQ(meter_.cpu_limit(), 0);
  EXPECT_NEAR(meter_.with_occupancy(measured, 1000, 1).occupancy_s, 0.01, 1e-12)
      << "in one of the size that the next is to have";
}

TEST_F(MeteredService, AStartIsNoRequestsCpu) {
  add("r", 0.2);
  add("starting", 0.5).state = ReplicaState::kStarting;
  EXPECT_FALSE(observe(40));
  replicas_.back().state = ReplicaState::kReady;
  replicas_.back().started = now_;
  EXPECT_FALSE(observe(40)) << "ready, and still settling";
  EXPECT_DOUBLE_EQ(meter_.cpu_share(), 0.7) << "which says how busy they are all the same";
  now_ += 3s;
  EXPECT_TRUE(observe(40));
}

TEST_F(MeteredService, RequestsRememberTheLimitThatTheyWereServedAt) {
  EXPECT_EQ(meter_.served_limit(), 0);
  add("r");
  observe(100);
  EXPECT_DOUBLE_EQ(meter_.served_limit(), 0.5);
  replicas_.back().resources.cpu_millis = 1000;
  EXPECT_DOUBLE_EQ(meter_.served_limit(), 0.5) << "nothing was served at the other one yet";
  observe(100);
  EXPECT_GT(meter_.served_limit(), 0.5);
  EXPECT_LT(meter_.served_limit(), 1);
  replicas_.clear();
  observe(0);
  EXPECT_GT(meter_.served_limit(), 0.5) << "though none is ready now";
}

TEST_F(MeteredService, TheLastServiceTimeHoldsWhileNothingIsServed) {
  EXPECT_FALSE(meter_.note_service({0, 0}));
  EXPECT_EQ(meter_.note_service({0.02, 1})->mean_s, 0.02);
  EXPECT_EQ(meter_.note_service({0, 0})->mean_s, 0.02);
  EXPECT_DOUBLE_EQ(ServiceMeter::assumed_service(200ms).mean_s, 0.02) << "a tenth of the SLO …";
  EXPECT_DOUBLE_EQ(ServiceMeter::assumed_service(10s).mean_s, 0.05) << "… and no more than this";
}

}  // namespace
}  // namespace starling
