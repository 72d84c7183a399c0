#include "sim/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
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
        << "  trace: { file: rates.csv, interval: " << interval_ << ", unit: requests }\n"
        << more << "  capacity: " << capacity << "\n  models:" << models;
    return read_scenario((folder_ / "s.yaml").string());
  }
  std::string problem(const std::string& models, const std::string& capacity = "{ replicas: 36 }",
                      const std::string& more = "") {
    auto scenario = read(models, capacity, more);
    return scenario ? "accepted" : scenario.error().message;
  }

  std::filesystem::path folder_;
  std::string interval_ = "60s";
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
  EXPECT_THAT(problem(model, "{ replicas: 8 }"),
              HasSubstr("min 9 replicas × 1 CPU = 9 CPU, the nodes have 8 CPU"));
  model = kModel;
  model.replace(model.find("m0"), 2, "m7");
  EXPECT_THAT(problem(model), HasSubstr("no workload 'm7'"));
}

constexpr const char* kNodes = "{ nodes: [ { name: a, cpu: 4, memory: 8Gi, price: 0.2 } ] }";

TEST_F(ScenarioFile, ANodesPriceIsHalfForItsCpuAndHalfForItsMemory) {
  const auto node = read(kModel, kNodes)->nodes.front();
  EXPECT_DOUBLE_EQ(node.price_per_cpu_hour, 0.025);
  EXPECT_DOUBLE_EQ(node.price_per_gib_hour, 0.0125);
  const auto all = read(kModel)->nodes.front();
  EXPECT_DOUBLE_EQ(all.price_per_cpu_hour, 1) << "of a replica, which has a core";
  EXPECT_DOUBLE_EQ(all.price_per_gib_hour, 0);
}

TEST_F(ScenarioFile, SaysWhatAReplicaUsesAndWhetherItIsSizedByThat) {
  const std::string model = std::string(kModel) + "      resources: { cpu: 500m, memory: 1Gi }\n" +
                            "      cpuPerRequest: 60ms\n";
  const auto given = read(model +
                              "      memoryUse: 300Mi\n      sizing: { mode: auto, period: 5m, "
                              "cpu: { min: 100m, max: 4 } }\n",
                          kNodes);
  ASSERT_TRUE(given.has_value()) << given.error().message;
  EXPECT_DOUBLE_EQ(given->models[0].cpu_s_per_request, 0.06);
  EXPECT_EQ(given->models[0].memory_use_bytes, 300LL << 20);
  EXPECT_EQ(given->models[0].sizing,
            (SizingSpec{SizingMode::kAuto, {100, 256LL << 20}, {4000, 4LL << 30}, 5min}));
  const auto unknown = read(model + "      sizing: { mode: auto }\n", kNodes);
  EXPECT_EQ(unknown->models[0].sizing.min, (Resources{125, 1LL << 30})) << "memory stays as it is";
  EXPECT_EQ(unknown->models[0].sizing.max, (Resources{2000, 1LL << 30}));
}

TEST_F(ScenarioFile, RefusesUseThatCannotBeWithTheArithmetic) {
  const std::string half = std::string(kModel) + "      resources: { cpu: 500m, memory: 1Gi }\n";
  EXPECT_THAT(
      problem(half + "      cpuPerRequest: 100ms\n", kNodes),
      HasSubstr("100 ms of CPU last 200 ms on 0.5 CPU, serviceTime has a mean of 154.3 ms"));
  EXPECT_THAT(problem(half + "      cpuPerRequest: 60ms\n      memoryUse: 2Gi\n", kNodes),
              HasSubstr("2Gi are more than a replica has, 1Gi"));
  EXPECT_THAT(problem(half + "      sizing: { mode: auto }\n", kNodes),
              HasSubstr("needs cpuPerRequest"));
  EXPECT_THAT(problem(std::string(kModel) + "      cpuPerRequest: 60ms\n"),
              HasSubstr("knows no CPU: state capacity.nodes"));
  EXPECT_THAT(problem(std::string(kModel) + "      sizing: { mode: auto }\n"),
              HasSubstr("has no sizes: state capacity.nodes"));
  EXPECT_EQ(problem(std::string(kModel) + "      resources: { cpu: 5m, memory: 1Mi }\n" +
                        "      cpuPerRequest: 1us\n      sizing: { mode: auto }\n",
                    kNodes),
            "accepted")
      << "smaller than a real replica can be";
  EXPECT_THAT(problem(half + "      cpuPerRequest: 0s\n", kNodes), HasSubstr("longer than 0s"));
}

TEST_F(ScenarioFile, NodesHoldReplicasByTheirResources) {
  const auto scenario =
      read(std::string(kModel) + "      resources: { cpu: 500m, memory: 1Gi }\n",
           "{ nodes: [ { name: a, cloud: x, cpu: 4, memory: 3Gi, price: 0.2 } ] }");
  ASSERT_TRUE(scenario.has_value()) << scenario.error().message;
  EXPECT_EQ(scenario->replicas_total(), 3);
}

TEST_F(ScenarioFile, StartsMayVaryAndPoliciesAreToldTheirTail) {
  std::string model = kModel;
  model.replace(model.find("coldStart: 35s"), 14,
                "coldStart: { distribution: exponential, location: 10s, scale: 10s }");
  auto scenario = read(model);
  ASSERT_TRUE(scenario.has_value()) << scenario.error().message;
  const auto& varying = scenario->models.front();
  ASSERT_TRUE(varying.cold_start_law && varying.warm_start_law) << "a warm start is as a cold one";
  EXPECT_NEAR(seconds(varying.cold_start), 10 + 10 * std::log(10), 1e-5);
  EXPECT_EQ(varying.warm_start, varying.cold_start);
  scenario = read(model + "      warmStart: 2s\n");
  ASSERT_TRUE(scenario.has_value()) << scenario.error().message;
  EXPECT_FALSE(scenario->models.front().warm_start_law);
  EXPECT_EQ(scenario->models.front().warm_start, 2s);
}

TEST_F(ScenarioFile, ReadsBurstsFailuresEvictionsAndBatches) {
  const auto scenario =
      read(std::string(kModel) + "      batch: { max: 8, marginal: 0.2 }\n",
           "{ nodes: [ { name: a, cpu: 4, memory: 4Gi }, { name: b, cpu: 4, memory: 4Gi } ] }",
           "  arrivals: { law: bursty, scv: 4 }\n  failures: { meanTimeBetween: 6h }\n"
           "  evictions: [ { node: b, at: 60s, notice: 30s, for: 10m } ]\n");
  ASSERT_TRUE(scenario.has_value()) << scenario.error().message;
  EXPECT_EQ(scenario->arrivals, Arrivals::kBursty);
  EXPECT_EQ(scenario->arrivals_scv, 4);
  EXPECT_EQ(scenario->models[0].mean_time_between_failures, 6h) << "the scenario's";
  EXPECT_EQ(scenario->models[0].batch.max, 8);
  EXPECT_EQ(scenario->models[0].batch.marginal, 0.2);
  ASSERT_EQ(scenario->evictions.size(), 1u);
  EXPECT_EQ(scenario->evictions[0].node, 1u);
  EXPECT_EQ(scenario->evictions[0].notice_s, 60);
  EXPECT_EQ(scenario->evictions[0].stop_s, 90);
  EXPECT_EQ(scenario->evictions[0].back_s, 690);
  const auto own = read(std::string(kModel) + "      failures: { meanTimeBetween: 1h }\n",
                        "{ replicas: 36 }", "  failures: { meanTimeBetween: 6h }\n");
  ASSERT_TRUE(own.has_value()) << own.error().message;
  EXPECT_EQ(own->models[0].mean_time_between_failures, 1h) << "the model's own";
}

TEST_F(ScenarioFile, WrongKeysOfTheseNameTheLineAndWhatWasExpected) {
  const std::string node = "{ nodes: [ { name: a, cpu: 4, memory: 4Gi } ] }";
  EXPECT_THAT(problem(kModel, "{ replicas: 36 }", "  arrivals: bursty\n"),
              HasSubstr("s.yaml:6: spec.arrivals: bursty needs its scv: { law: bursty, scv: 4 }"));
  EXPECT_THAT(problem(kModel, "{ replicas: 36 }", "  arrivals: { law: bursty, scv: 0.5 }\n"),
              HasSubstr("s.yaml:6: spec.arrivals.scv: 0.5 is out of range: expected 1 to 100"));
  EXPECT_THAT(problem(kModel, "{ replicas: 36 }", "  arrivals: { law: even, scv: 4 }\n"),
              HasSubstr("s.yaml:6: spec.arrivals.scv: unknown key"));
  EXPECT_THAT(problem(kModel, "{ replicas: 36 }", "  failures: { meanTimeBetween: 0s }\n"),
              HasSubstr("s.yaml:6: spec.failures.meanTimeBetween: must be at least 1s"));
  EXPECT_THAT(
      problem(kModel, node, "  evictions: [ { node: aa, at: 60s, for: 1m } ]\n"),
      HasSubstr(
          "s.yaml:6: spec.evictions[0].node: no node 'aa' (did you mean 'a'?): expected one of a"));
  EXPECT_THAT(
      problem(kModel, node, "  evictions: [ { node: a, at: 170s, notice: 10s, for: 1m } ]\n"),
      HasSubstr("s.yaml:6: spec.evictions[0].at: at + notice = 3m is not within the trace, "
                "3m"));
  EXPECT_THAT(problem(std::string(kModel) + "      batch: { max: 0 }\n"),
              HasSubstr("s.yaml:15: spec.models[0].batch.max: 0 is out of range"));
  EXPECT_THAT(problem(std::string(kModel) + "      batch: { max: 4, marginal: .nan }\n"),
              HasSubstr("s.yaml:15: spec.models[0].batch.marginal: '.nan' is not a number"));
}

TEST_F(ScenarioFile, RefusesTheImpossibleWithTheArithmetic) {
  const auto with = [](const std::string& from, const std::string& to) {
    std::string model = kModel;
    return model.replace(model.find(from), from.size(), to);
  };
  const std::string nodes = "{ nodes: [ { name: a, cpu: 4, memory: 2Gi } ] }";
  const std::string small = "      resources: { cpu: 1, memory: 1Gi }\n";
  EXPECT_THAT(problem(with("min: 1", "min: 2") + small + with("m0", "m1") + small, nodes),
              HasSubstr("s.yaml:6: spec.capacity: the minima do not fit: 1 model × min 1 replica × "
                        "1Gi + 1 model × min 2 replicas × 1Gi = 3Gi, the nodes have 2Gi"));
  EXPECT_THAT(problem(with("min: 1", "min: 3") + with("m0", "m1"), "{ replicas: 3 }"),
              HasSubstr("1 model × min 1 replica × 1 CPU + 1 model × min 3 replicas × 1 CPU = "
                        "4 CPU, the nodes have 3 CPU"));
  EXPECT_THAT(problem(std::string(kModel) + "      resources: { cpu: 6, memory: 1Gi }\n", nodes),
              HasSubstr("s.yaml:15: spec.models[0].resources: a replica takes 6 CPU and 1Gi: no "
                        "node has so much"));
  EXPECT_THAT(problem(with("min: 1", "min: 1, initial: 9"), "{ replicas: 8 }"),
              HasSubstr("s.yaml:6: spec.capacity: 9 initial replicas do not fit: there is room for "
                        "8"));
  EXPECT_EQ(problem(with("min: 1", "min: 1, initial: 20") +
                        "      resources: { cpu: 100m, memory: 0 }\n" + with("m0", "m1") +
                        "      resources: { cpu: 4, memory: 0 }\n",
                    "{ nodes: [ { name: a, cpu: 8, memory: 2Gi } ] }"),
            "accepted")
      << "20 × 100m + 1 × 4 CPU";
  EXPECT_THAT(problem(with("latency: 720ms, percentile: 99", "latency: 140ms, percentile: 95")),
              HasSubstr("s.yaml:10: spec.models[0].slo.latency: the 95th percentile of serviceTime "
                        "is 216.7 ms, slo.latency 140 ms: at most 38 % of requests can ever meet "
                        "it"));
  EXPECT_EQ(problem(with("latency: 720ms", "latency: 155ms")), "accepted") << "most can meet it";
  EXPECT_THAT(problem(with("coldStart: 35s", "coldStart: 181s")),
              HasSubstr("s.yaml:11: spec.models[0].coldStart: 181s is longer than the trace, 3m: "
                        "nothing that starts would serve"));
  EXPECT_THAT(problem(with("coldStart: 35s", "coldStart: -1s")),
              HasSubstr("s.yaml:11: spec.models[0].coldStart"));
  EXPECT_THAT(problem(with("shape: 0.4225", "shape: .inf")),
              HasSubstr("s.yaml:9: spec.models[0].serviceTime.shape: '.inf' is not a number"));
  EXPECT_THAT(problem(kModel, "{ nodes: [ { name: a, cpu: 4, memory: 2Gi, price: -1 } ] }"),
              HasSubstr("s.yaml:6: spec.capacity.nodes[0].price: -1 is out of range"));
}

TEST_F(ScenarioFile, RefusesMoreThanCanBeSimulated) {
  std::ofstream(folder_ / "rates.csv") << "timestamp,m0\n0,1e15\n60,1\n";
  EXPECT_THAT(problem(kModel), HasSubstr("s.yaml:5: spec.trace: it has 1e+15 requests: at most "
                                         "1e+11 can be simulated"));
  std::ofstream(folder_ / "rates.csv") << "timestamp,m0\n0,1\n60,1\n2000000,1\n";
  EXPECT_THAT(problem(kModel, "{ replicas: 36 }", "  decisionInterval: 1ms\n"),
              HasSubstr("1 model × 2.00004e+06 s of trace / 1ms = 2e+09 decisions: at most 1e+09 "
                        "can be simulated"));
  interval_ = "100000d";
  std::ofstream(folder_ / "rates.csv") << "timestamp,m0\n0,1\n8640000000,1\n";
  EXPECT_THAT(problem(kModel),
              HasSubstr("s.yaml:5: spec.trace: 2 intervals × 8.64e+09 s = 1.73e+10 s: at most "
                        "1e+10 s can be simulated"));
}

TEST_F(ScenarioFile, TheDocumentedExampleIsReadable) {
  std::ifstream page(STARLING_SOURCE_DIR "/docs/scenarios.md");
  std::string example;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("    ")) {
      example += line.substr(4) + "\n";
    } else if (!example.empty()) {
      break;  // the first block alone
    }
  }
  std::ofstream(folder_ / "rates.csv") << "timestamp,m0\n0,60\n7200,60\n";
  std::ofstream(folder_ / "s.yaml") << example;
  const auto scenario = read_scenario((folder_ / "s.yaml").string());
  ASSERT_TRUE(scenario.has_value()) << scenario.error().message;
  EXPECT_EQ(scenario->models[0].mean_time_between_failures, 2h);
}

TEST(ShippedScenarios, AreReadable) {
  const auto scenario = read_scenario(STARLING_SOURCE_DIR "/scenarios/ten-models.yaml");
  ASSERT_TRUE(scenario.has_value()) << scenario.error().message;
  EXPECT_EQ(scenario->models.size(), 10u);
}

}  // namespace
}  // namespace starling
