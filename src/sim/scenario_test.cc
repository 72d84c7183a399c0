#include "sim/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace starling {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kModel = R"(
    - name: m0
      serviceTime: { distribution: lognormal, location: 79.3ms, scale: 68.6ms, shape: 0.4225 }
      slo: { latency: 720ms, percentile: 99 }
      coldStart: 35s
      release: 30s
      queueLimit: 50
      replicas: { min: 1, max: 36 }
)";

class ScenarioFile : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::temp_directory_path() / fmt::format("starling-scenario-{}", getpid());
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "rates.csv") << "timestamp,m0,m1\n0,60,\n60,,120\n120,90,180\n";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Result<Scenario> read(const std::string& models, const std::string& capacity = "{ replicas: 36 }",
                        const std::string& more = "") {
    std::ofstream(folder_ / "s.yaml")
        << "apiVersion: starling/v1\nkind: Scenario\nmetadata: { name: s }\nspec:\n"
        << "  trace: { file: rates.csv, interval: 60s, unit: requests }\n"
        << more << "  capacity: " << capacity << "\n  models:" << models;
    return read_scenario((folder_ / "s.yaml").string());
  }
  std::string problem(const std::string& models, const std::string& capacity = "{ replicas: 36 }",
                      const std::string& more = "") {
    auto scenario = read(models, capacity, more);
    return scenario ? "accepted" : scenario.error().message;
  }

  std::filesystem::path folder_;
};

TEST_F(ScenarioFile, ReadsTheKeysOfTheDesign) {
  const auto scenario =
      read(kModel, "{ replicas: 36 }",
           "  arrivals: counted\n  seed: 7\n  decisionInterval: 10s\n"
           "  routing: { distribution: lognormal, location: 3.5ms, scale: 1ms, shape: 0.48 }\n");
  ASSERT_TRUE(scenario.has_value()) << scenario.error().message;
  EXPECT_EQ(scenario->arrivals, Arrivals::kCounted);
  EXPECT_EQ(scenario->seed, 7u);
  EXPECT_EQ(scenario->replicas_total(), 36);
  const auto& model = scenario->models.front();
  EXPECT_NEAR(model.service_time.mean_s(), 0.1543, 0.0001);
  EXPECT_EQ(model.warm_start, 35s) << "the cold start unless it is stated";
  EXPECT_EQ(model.initial, 1) << "the minimum unless it is stated";
  EXPECT_THAT(model.demand, ElementsAre(60, 60, 90))
      << "a missing point repeats the last known one";
}

TEST_F(ScenarioFile, LeadingGapsTakeTheFirstKnownValue) {
  std::string model = kModel;
  model.replace(model.find("m0"), 2, "other\n      workload: m1");
  const auto scenario = read(model);
  ASSERT_TRUE(scenario.has_value()) << scenario.error().message;
  EXPECT_THAT(scenario->models[0].demand, ElementsAre(120, 120, 180));
}

TEST_F(ScenarioFile, UnknownKeysNameLineAndNearestKey) {
  const std::string text = problem(std::string(kModel) + "      coldstart: 3s\n");
  EXPECT_THAT(text, HasSubstr("s.yaml:15"));
  EXPECT_THAT(text, HasSubstr("did you mean 'coldStart'?"));
}

TEST_F(ScenarioFile, RefusesWhatCannotBe) {
  EXPECT_THAT(problem(std::string(kModel) + kModel), HasSubstr("given twice"));
  EXPECT_THAT(problem(kModel, "{ }"), HasSubstr("either replicas"));
  EXPECT_THAT(problem(std::string(kModel) + "      warmStart: 40s\n"),
              HasSubstr("longer than coldStart"));
  std::string model = kModel;
  model.replace(model.find("min: 1,"), 7, "min: 1, initial: 37,");
  EXPECT_THAT(problem(model), HasSubstr("37 is outside 1 to 36"));
  model = kModel;
  model.replace(model.find("min: 1,"), 7, "min: 9,");
  EXPECT_THAT(problem(model, "{ replicas: 8 }"), HasSubstr("9 initial replicas do not fit"));
  model = kModel;
  model.replace(model.find("m0"), 2, "m7");
  EXPECT_THAT(problem(model), HasSubstr("no workload 'm7'"));
}

TEST_F(ScenarioFile, NodesHoldReplicasByTheirResources) {
  const auto scenario =
      read(std::string(kModel) + "      resources: { cpu: 500m, memory: 1Gi }\n",
           "{ nodes: [ { name: a, cloud: x, cpu: 4, memory: 3Gi, price: 0.2 } ] }");
  ASSERT_TRUE(scenario.has_value()) << scenario.error().message;
  EXPECT_EQ(scenario->replicas_total(), 3);
}

TEST(ShippedScenarios, AreReadable) {
  const auto scenario = read_scenario(STARLING_SOURCE_DIR "/scenarios/ten-models.yaml");
  ASSERT_TRUE(scenario.has_value()) << scenario.error().message;
  EXPECT_EQ(scenario->models.size(), 10u);
}

}  // namespace
}  // namespace starling
