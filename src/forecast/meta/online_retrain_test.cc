// Retraining on a pool of workloads: gains where they are unlike the training data, and its
// refusals.
#include "forecast/meta/online_retrain.h"

#include <gtest/gtest.h>

#include "forecast/meta/tasks.h"
#include "forecast/net/artifact_for_tests.h"
#include "forecast/workloads_for_tests.h"

namespace starling {
namespace {

TEST(Retrain, APoolOfWorkloadsUnlikeTheTrainingDataLowersTheHeldOutLoss) {
  const auto pool = patterned_workloads(30, 600, 4);
  const auto retrained = retrain(artifact_for_tests(), pool, {.rate = 1e-3});
  ASSERT_TRUE(retrained) << retrained.error().message;
  EXPECT_LT(retrained->loss_after, 0.99 * retrained->loss_before);
  EXPECT_EQ(retrained->workloads, 30);
  EXPECT_EQ(retrained->held_out, 6);
  EXPECT_NE(retrained->artifact.version(), artifact_for_tests().version());
  EXPECT_EQ(retrained->artifact.sources, artifact_for_tests().sources);
}

TEST(Retrain, TheSamePoolGivesTheSameBytes) {
  const auto pool = patterned_workloads(8, 400, 4);
  const RetrainOptions options{.workloads_min = 8, .steps_max = 10};
  EXPECT_EQ(encode_artifact(retrain(artifact_for_tests(), pool, options)->artifact),
            encode_artifact(retrain(artifact_for_tests(), pool, options)->artifact));
}

TEST(Retrain, NoStepIsAnAnswerToo) {
  const auto pool = patterned_workloads(8, 400, 4);
  const auto stopped =
      retrain(artifact_for_tests(), pool, {.workloads_min = 8}, [] { return false; });
  ASSERT_TRUE(stopped);
  EXPECT_EQ(stopped->loss_after, stopped->loss_before);
  EXPECT_EQ(stopped->artifact.version(), artifact_for_tests().version());
}

TEST(Retrain, ASmallPoolOrAShortPastIsRefusedWithItsReason) {
  for (const auto& pool : {patterned_workloads(29, 300, 4), patterned_workloads(40, 20, 4)}) {
    const auto refused = retrain(artifact_for_tests(), pool);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("retraining takes 30"), std::string::npos);
  }
}

}  // namespace
}  // namespace starling
