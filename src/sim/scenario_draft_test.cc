// Scenarios made of traces: which workloads, how busy, how much capacity, and that they can be
// read.
#include "sim/scenario_draft.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <numeric>

#include "base/file.h"
#include "sim/scenario.h"
#include "trace/write.h"

namespace starling {
namespace {

using ::testing::HasSubstr;

/// Alternates between 0.5 and 1.5 times `mean`, two hours of minutes.
Series wave(const std::string& name, double mean) {
  Series series{.workload = name, .start = {}, .step = 1min, .values = {}, .present = {}};
  for (int i = 0; i < 120; ++i) {
    series.values.push_back(mean * (i / 10 % 2 == 0 ? 0.5 : 1.5));
    series.present.push_back(1);
  }
  return series;
}

Series steady(const std::string& name, double mean) {
  Series series = wave(name, mean);
  std::fill(series.values.begin(), series.values.end(), mean);
  return series;
}

double mean_of(const Series& series) {
  return std::accumulate(series.values.begin(), series.values.end(), 0.0) /
         static_cast<double>(series.size());
}

DraftedScenario drafted(const std::vector<Series>& series, const ScenarioDraft& draft) {
  auto made = draft_scenario("s", "s.csv", series, draft);
  EXPECT_TRUE(made) << (made ? "" : made.error().message);
  return made ? std::move(*made) : DraftedScenario{};
}

TEST(ScenarioDraft, TakesTheBusiestThatVaryAndSpreadsTheirRates) {
  const std::vector<Series> trace{wave("low", 1), steady("steady", 1000), wave("high", 30),
                                  wave("middle", 5)};
  ScenarioDraft draft;
  draft.models = 3;
  draft.rates = {50.0 / 60, 1250.0 / 60};
  const DraftedScenario made = drafted(trace, draft);
  ASSERT_EQ(made.trace.size(), 3u);
  // Requests a minute, each a fifth of the one before; the busiest first.
  EXPECT_NEAR(mean_of(made.trace[0]), 1250, 1e-6);
  EXPECT_NEAR(mean_of(made.trace[1]), 250, 1e-6);
  EXPECT_NEAR(mean_of(made.trace[2]), 50, 1e-6);
  EXPECT_NEAR(made.trace[2].values[15] / made.trace[2].values[5], 3, 1e-9);  // its shape is kept
}

TEST(ScenarioDraft, LeavesMostlySilentWorkloadsOut) {
  Series rare = wave("rare", 1000);
  for (std::size_t i = 0; i < rare.size(); ++i) rare.values[i] *= i % 10 == 0;
  ScenarioDraft draft;
  draft.models = 1;
  EXPECT_NEAR(mean_of(drafted({rare, wave("often", 7)}, draft).trace[0]), 7, 1e-9);
  draft.silent_max = 1;
  EXPECT_NEAR(mean_of(drafted({rare, wave("often", 7)}, draft).trace[0]), 100, 1e-9);
}

TEST(ScenarioDraft, CapacityIsOfTheBusiestHoursMeanLoad) {
  Series series = wave("m", 60);  // a request a second
  for (std::size_t i = 60; i < 120; ++i) series.values[i] *= 10;
  ScenarioDraft draft;
  draft.models = 1;
  draft.load_factor = 1.5;
  draft.service_mean = 500ms;
  const DraftedScenario made = drafted({series}, draft);
  EXPECT_NEAR(made.busiest_hour_load, 10 * 0.5, 1e-9);
  EXPECT_EQ(made.replicas, 8);  // 7.5
  draft.replicas = 40;
  EXPECT_EQ(drafted({series}, draft).replicas, 40);
}

TEST(ScenarioDraft, StretchesAreWorkloadsOfTheirOwn) {
  Series series = wave("site", 60);
  for (std::size_t i = 60; i < 120; ++i) series.values[i] *= 2;
  ScenarioDraft draft;
  draft.models = 2;
  draft.stretch = 1h;
  const DraftedScenario made = drafted({series}, draft);
  EXPECT_NEAR(mean_of(made.trace[0]), 120, 1e-9);
  EXPECT_NEAR(mean_of(made.trace[1]), 60, 1e-9);
}

TEST(ScenarioDraft, IsReadAsTheScenarioThatItSays) {
  const auto folder =
      std::filesystem::temp_directory_path() / fmt::format("starling-draft-{}", getpid());
  std::filesystem::create_directories(folder);
  ScenarioDraft draft;
  draft.models = 2;
  draft.service_mean = 308ms;
  draft.load_factor = 2;
  const DraftedScenario made = drafted({wave("a", 600), wave("b", 300)}, draft);
  ASSERT_TRUE(write_trace((folder / "s.csv").string(), made.trace));
  ASSERT_TRUE(write_file_atomically(folder / "s.yaml", made.yaml));
  const auto scenario = read_scenario((folder / "s.yaml").string());
  std::filesystem::remove_all(folder);
  ASSERT_TRUE(scenario) << scenario.error().message;
  ASSERT_EQ(scenario->models.size(), 2u);
  EXPECT_NEAR(scenario->models[0].service_time.mean_s(), 0.308, 1e-3);
  EXPECT_EQ(scenario->models[0].demand.size(), 120u);
  EXPECT_NEAR(scenario->models[0].demand[15], 900, 0.01);
  EXPECT_EQ(scenario->replicas_total(), made.replicas);
}

TEST(ScenarioDraft, AModelHasOneReplicaAtLeastAndOneModelIsNotModels) {
  ScenarioDraft draft;
  draft.models = 2;
  draft.load_factor = 0.001;
  const DraftedScenario made = drafted({wave("a", 1), wave("b", 1)}, draft);
  EXPECT_EQ(made.replicas, 2);
  EXPECT_EQ(made.replicas_asked, 0);
  draft.models = 1;
  EXPECT_THAT(drafted({wave("a", 1)}, draft).yaml, HasSubstr("1 model on 1 replica,"));
}

TEST(ScenarioDraft, IsNeverOneThatAReplayRefuses) {
  const auto problem = [](const ScenarioDraft& draft) {
    const auto made = draft_scenario("s", "s.csv", {wave("a", 60)}, draft);
    return made ? std::string("accepted") : made.error().message;
  };
  ScenarioDraft draft;
  draft.models = 1;
  draft.slo = 90ms;
  EXPECT_THAT(problem(draft), HasSubstr("requests can ever meet it"));
  draft.slo = 720ms;
  draft.cold_start = 3h;
  EXPECT_THAT(problem(draft), HasSubstr("longer than the trace, 2h"));
  draft.cold_start = 35s;
  draft.decision_interval = 1us;
  EXPECT_THAT(problem(draft), HasSubstr("decisionInterval"));
  EXPECT_THAT(problem(draft), HasSubstr("no replay would take the scenario"));
}

TEST(ScenarioDraft, SaysWhatIsMissing) {
  const auto problem = [](const std::vector<Series>& series, const ScenarioDraft& draft) {
    const auto made = draft_scenario("s", "s.csv", series, draft);
    return made ? std::string("accepted") : made.error().message;
  };
  ScenarioDraft draft;
  draft.models = 2;
  EXPECT_THAT(problem({wave("a", 1), steady("b", 1)}, draft),
              HasSubstr("the 2 series make 1 that vary"));
  Series hourly = wave("b", 1);
  hourly.step = 1h;
  EXPECT_THAT(problem({wave("a", 1), hourly}, draft), HasSubstr("a scenario has one interval"));
  draft.rates = {1e9, 2e9};
  EXPECT_THAT(problem({wave("a", 1), wave("b", 1)}, draft), HasSubstr("can be simulated"));
  draft.rates = {2, 1};
  EXPECT_THAT(problem({wave("a", 1), wave("b", 1)}, draft), HasSubstr("least mean rate"));
}

}  // namespace
}  // namespace starling
