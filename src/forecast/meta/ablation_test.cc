// The ablation: what judges is never what trained, and every row comes out once.
#include "forecast/meta/ablation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "forecast/workloads_for_tests.h"

namespace starling {
namespace {

using testing::ElementsAre;

AblationData two_families() {
  return {.train = {{"waves_10s", 1, seasonal_workloads(12, 240, 1)},
                    {"steps_cpu_10s", 1, patterned_workloads(12, 240, 2)}},
          .judge = {{"waves_10s", 1, seasonal_workloads(6, 400, 3)},
                    {"steps_cpu_10s", 1, patterned_workloads(6, 400, 4)}}};
}

AblationOptions tiny() {
  return {.hidden = 8,
          .outer_steps = 4,
          .inner_steps = 2,
          .train_max = 12,
          .judge = {.support = 8, .query = 3, .workloads_max = 6}};
}

TEST(Ablation, TheRegimesFollowFromTheNamesOfTheSets) {
  EXPECT_THAT(
      ablation_regimes(two_families()),
      ElementsAre("known families", "without waves", "without steps", "cpu only", "regime change"));
  AblationData alone = two_families();
  alone.train.resize(1);
  alone.judge.resize(1);
  EXPECT_THAT(ablation_regimes(alone), ElementsAre("known families", "regime change"));
}

TEST(Ablation, SupportEndsBeforeTheCutAndTheQueryBeginsThere) {
  const auto judged = judged_set("waves", seasonal_workloads(4, 400, 3), tiny().judge);
  ASSERT_TRUE(judged);
  ASSERT_EQ(judged->tasks.size(), 4U);
  for (const JudgedTask& task : judged->tasks) {
    const std::size_t cut = task.past.size();
    EXPECT_EQ(cut, 240U);
    for (const Example& window : task.support) EXPECT_LE(window.origin + kNetHorizon, cut);
    for (const Example& window : task.query) EXPECT_GE(window.origin, cut);
    EXPECT_GT(task.naive, 0);
  }
}

TEST(Ablation, AChangeOfRegimeLiesInsideThePast) {
  const auto workloads = seasonal_workloads(4, 400, 3);
  const auto changed = changed_set("waves", workloads, tiny().judge, 1);
  ASSERT_TRUE(changed);
  ASSERT_EQ(changed->tasks.size(), 3U);  // the last workload has no next one
  const Series& past = changed->tasks[0].past;
  ASSERT_EQ(past.size(), 240 + kChangeSeen);
  for (std::size_t i = 0; i < 240; ++i) EXPECT_EQ(past.values[i], workloads[0].values[i]);
  EXPECT_NE(past.values.back(), workloads[0].values[past.size() - 1]);
}

TEST(Ablation, EveryMethodThatIsWantedGivesOneCellAndTheSameOnTheNextRun) {
  const auto run = [&](const std::set<std::string>& left_out) {
    std::map<std::string, AblationCell> cells;
    const auto status = run_ablation(
        two_families(), tiny(), "without waves", 1,
        [&](const std::string& method) { return !left_out.contains(method); },
        [&](const AblationCell& cell) {
          EXPECT_TRUE(cells.emplace(cell.method, cell).second);
          return Status();
        },
        {});
    EXPECT_TRUE(status) << status.error().message;
    return cells;
  };
  const auto all = run({});
  EXPECT_EQ(all.size(), ablation_methods().size());
  for (const auto& [method, cell] : all) {
    EXPECT_EQ(cell.by_set.size(), 1U) << method;
    EXPECT_TRUE(cell.by_set.contains("waves_10s")) << method;
    EXPECT_GT(cell.relative_wql, 0) << method;
    EXPECT_LT(cell.relative_wql, 10) << method;
  }
  // Six workloads are too few for a pool: the shared weights stay.
  EXPECT_EQ(all.at("pooled by family").relative_wql, all.at("network").relative_wql);
  const auto some = run({"network", "maml"});
  EXPECT_EQ(some.size(), ablation_methods().size() - 2);
  EXPECT_EQ(some.at("reptile").relative_wql, all.at("reptile").relative_wql);
}

TEST(Ablation, AnUnknownRegimeIsAnErrorThatNamesTheNearest) {
  const auto status = run_ablation(two_families(), tiny(), "without wave", 1, {}, {}, {});
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find("did you mean 'without waves'"), std::string::npos);
}

}  // namespace
}  // namespace starling
