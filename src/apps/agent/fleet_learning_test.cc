// Nodes that learn together: weights exchanged between real retrainers, and taken on only where
// they do better.
#include "apps/agent/fleet_learning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

#include "apps/agent/retrainer.h"
#include "apps/agent/system_time.h"
#include "base/rng.h"
#include "forecast/meta/online_retrain.h"
#include "forecast/net/artifact_for_tests.h"
#include "forecast/workloads_for_tests.h"

namespace starling::agent {
namespace {

const TimePoint kStart = from_unix_seconds(1'700'000'000);

/// Delivers at once, on the sender's thread. Where retrainers take part, at the time that they go
/// by.
class Bus {
 public:
  explicit Bus(bool with_retrainers = false) : with_retrainers_(with_retrainers) {}
  std::unique_ptr<FleetLearning> join(const std::string& name, const LearningOptions& options = {},
                                      const ForecasterArtifact& base = artifact_for_tests()) {
    auto learning = std::make_unique<FleetLearning>(
        name, base, options, Duration(1h), 1,
        [this](const std::string& to, const std::string& bytes) {
          bytes_ += bytes.size();
          const auto found = nodes_.find(to);
          if (found != nodes_.end())
            found->second->receive(bytes, with_retrainers_ ? system_now() : kStart);
        },
        [this] { return names_; });
    nodes_[name] = learning.get();
    names_.push_back(name);
    return learning;
  }
  std::size_t bytes() const { return bytes_; }

 private:
  bool with_retrainers_;
  std::map<std::string, FleetLearning*> nodes_;
  std::vector<std::string> names_;
  std::atomic<std::size_t> bytes_{0};
};

ForecasterArtifact moved(float by) {
  ForecasterArtifact artifact = artifact_for_tests();
  for (float& weight : artifact.networks[0].weights) weight += by;
  return artifact;
}

TEST(FleetLearning, WhatOneTrainedIsAveragedIntoTheOthersByTheirData) {
  Bus bus;
  const auto a = bus.join("a"), b = bus.join("b");
  EXPECT_FALSE(b->merge(artifact_for_tests(), 10, kStart)) << "nobody has sent anything";
  a->publish(moved(0.5F), 30, kStart);
  const auto merged = b->merge(artifact_for_tests(), 10, kStart);
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->peers, 1U);
  const float before = artifact_for_tests().networks[0].weights[7];
  EXPECT_NEAR(merged->artifact.networks[0].weights[7], before + 0.375F, 0.01F);
  const auto status = b->status(kStart + 10min);
  EXPECT_EQ(status["accepted"], 1);
  EXPECT_EQ(status["peers"][0]["node"], "a");
  EXPECT_EQ(status["peers"][0]["age_s"], 600);
  EXPECT_EQ(a->status(kStart)["rounds"], 1);
  EXPECT_EQ(a->status(kStart)["bytes_out"].get<std::size_t>() +
                b->status(kStart)["bytes_out"].get<std::size_t>(),
            bus.bytes());
  EXPECT_EQ(b->counters().at("learning_updates_accepted"), 1U);
}

TEST(FleetLearning, OtherStartingWeightsAndGarbageAreRefusedByName) {
  Bus bus;
  const auto a = bus.join("a"), b = bus.join("b", {}, moved(0.25F));
  a->publish(moved(0.5F), 30, kStart);
  b->receive("no message", kStart);
  EXPECT_FALSE(b->merge(moved(0.25F), 10, kStart));
  EXPECT_EQ(b->status(kStart)["rejected"], (nlohmann::json{{"base", 1}, {"malformed", 1}}));
  EXPECT_EQ(b->counters().at("learning_rejections{reason=base}"), 1U);
}

TEST(FleetLearning, SwitchedOffItSendsAndTakesNothing) {
  Bus bus;
  const auto a = bus.join("a"), off = bus.join("off", {.exchange = false});
  off->publish(moved(0.5F), 30, kStart);
  EXPECT_EQ(bus.bytes(), 0U);
  a->publish(moved(0.5F), 30, kStart);
  EXPECT_FALSE(off->merge(artifact_for_tests(), 10, kStart));
  EXPECT_EQ(off->status(kStart)["bytes_in"], 0);
}

TEST(FleetLearning, StopsSendingOnceTrainingHasGivenAwayMoreThanItMay) {
  Bus bus;
  const auto a = bus.join("a", {.privacy = {.noise = 1}, .epsilon_max = 3}), b = bus.join("b");
  a->spent(0.01, 100);
  const double spent = a->status(kStart)["epsilon"].get<double>();
  EXPECT_GT(spent, 0);
  EXPECT_LT(spent, 3);
  a->publish(moved(0.5F), 30, kStart);
  EXPECT_EQ(b->status(kStart)["accepted"], 1);
  a->spent(0.1, 10'000);
  a->publish(moved(0.5F), 30, kStart + 1h);
  EXPECT_EQ(b->status(kStart)["accepted"], 1);
  EXPECT_EQ(a->status(kStart)["rounds"], 1);
}

/// A node with a history of its own and a real retrainer that is always due.
class Node {
 public:
  Node(Bus& bus, const std::string& name, const std::vector<Series>& workloads)
      : folder_(std::filesystem::path(testing::TempDir()) / ("fleet_learning_" + name)) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    store_ =
        history::Store::open((folder_ / "history.duckdb").string(), {"c", "r", "z", name}).value();
    for (const Series& series : workloads) record(series);
    EXPECT_TRUE(store_->flush());
    learning_ = bus.join(name);
  }
  ~Node() {
    retrainer_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  void start() {
    retrainer_ = std::make_unique<Retrainer>(
        *store_, ModelStore::open(folder_ / "models").value(), artifact_for_tests(),
        artifact_for_tests(), VersionOptions{.interval = 1ms, .gain_min = 0},
        [](const ForecasterArtifact&) {}, [](auto) {}, [] { return PairedLosses{}; }, *learning_,
        std::chrono::milliseconds(5));
  }
  FleetLearning& learning() { return *learning_; }
  nlohmann::json status() const { return learning_->status(kStart); }
  RetrainCounters counters() const { return retrainer_->counters(); }

 private:
  void record(const Series& series) {
    for (std::size_t i = 0; i < series.size(); ++i) {
      history::UsageFact usage;
      usage.time = kStart + static_cast<int>(i) * 10s;
      usage.model = {"tenant", series.workload, "1"};
      usage.arrivals = static_cast<std::int64_t>(series.values[i]);
      store_->record(usage);
    }
  }
  std::filesystem::path folder_;
  std::unique_ptr<history::Store> store_;
  std::unique_ptr<FleetLearning> learning_;
  std::unique_ptr<Retrainer> retrainer_;
};

/// Until it holds; the time is only a bound on a broken program.
bool comes_true(const std::function<bool()>& holds) {
  for (int i = 0; i < 3000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return holds();
}

TEST(FleetLearning, ANodeWithTooFewWorkloadsToTrainServesWhatAPeerLearned) {
  Bus bus(/*with_retrainers=*/true);
  Node poor(bus, "poor", patterned_workloads(8, 400, 5)),
      rich(bus, "rich", patterned_workloads(30, 400, 4));
  poor.start();
  rich.start();
  // Of one moment: the next round may find that what is averaged then is no better.
  nlohmann::json status;
  EXPECT_TRUE(comes_true([&] {
    status = poor.status();
    return status["origin"] == "averaged with 1 peer" && status["loss"]["merged"].is_number() &&
           status["loss"]["merged"].get<double>() < status["loss"]["own"].get<double>();
  })) << status;
  EXPECT_NE(status["serving"], artifact_for_tests().version());
  EXPECT_GE(rich.status()["rounds"].get<int>(), 1);
  EXPECT_EQ(poor.status()["rounds"], 0) << "it has nothing of its own to tell";
}

TEST(FleetLearning, PoisonedWeightsDoNotGetPastANodesOwnWindows) {
  Bus bus(/*with_retrainers=*/true);
  Node node(bus, "node", patterned_workloads(8, 400, 5));
  const auto liar = bus.join("liar");
  ForecasterArtifact poison = artifact_for_tests();
  Rng rng(3);
  for (float& weight : poison.networks[0].weights) weight = static_cast<float>(rng.normal());
  liar->publish(poison, 1'000'000, system_now());
  node.start();
  const auto rejected = [&] {
    return node.learning().counters().at("learning_rejections{reason=validation}");
  };
  EXPECT_TRUE(comes_true([&] { return rejected() > 0; }));
  EXPECT_EQ(node.status()["serving"], artifact_for_tests().version());
  EXPECT_EQ(node.status()["origin"], "configured");
  EXPECT_EQ(node.counters().promoted, 0U);
}

}  // namespace
}  // namespace starling::agent
