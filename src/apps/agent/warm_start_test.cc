// A restarted agent asks for forecasts from what its history holds, not from nothing.
#include "apps/agent/warm_start.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <optional>

namespace starling::agent {
namespace {

constexpr TimePoint kNow{std::chrono::seconds(1'700'000'000)};

class WarmStartTest : public testing::Test {
 protected:
  WarmStartTest() { std::filesystem::remove(file_); }
  ~WarmStartTest() override { std::filesystem::remove(file_); }
  std::unique_ptr<history::Store> open() const {
    return history::Store::open(file_.string(), {"c", "r", "z", "n"}).value();
  }
  /// `model` had 5 requests a second, then 20, up to ten seconds before now.
  static void record(history::Store& store, const std::string& model, const std::string& version) {
    for (int second = 600; second > 10; --second) {
      history::DemandFact fact;
      fact.time = kNow - second * 1s;
      fact.model = {"tenant", model, version};
      fact.arrivals = second > 300 ? 5 : 20;
      store.record(fact);
    }
    ASSERT_TRUE(store.flush());
  }
  /// The first forecast that an agent with this model wants.
  static std::optional<WantForecast> first_wanted(Agent& agent, const std::string& model) {
    ModelSpec spec;
    spec.name = model;
    agent.on_tick(kNow);  // the specs are not known at once
    agent.on_specs({{spec, 1}}, kNow);
    for (Duration t = 100ms; t < 10s; t += 100ms) {
      for (auto& effect : agent.on_tick(kNow + t)) {
        if (auto* want = std::get_if<WantForecast>(&effect)) return std::move(*want);
      }
    }
    return std::nullopt;
  }

  std::filesystem::path file_ =
      std::filesystem::path(testing::TempDir()) /
      (std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) + ".duckdb");
};

TEST_F(WarmStartTest, ForecastsGoOnFromTheHistoryAfterARestart) {
  {
    const auto store = open();
    record(*store, "digits", "1");
  }
  const auto store = open();
  Agent agent({.name = "n"}, 1, kNow);
  const auto known = remember_demand(*store, kNow, agent);
  ASSERT_TRUE(known) << known.error().message;
  EXPECT_EQ(*known, 590u);
  const auto wanted = first_wanted(agent, "digits");
  ASSERT_TRUE(wanted);
  const Series& series = wanted->series;
  ASSERT_GT(series.size() * seconds(series.step), 500) << "nearly all of the ten minutes";
  EXPECT_EQ(series.values.front(), 5);
  EXPECT_EQ(series.values[series.size() * 3 / 4], 20);
  EXPECT_FALSE(series.present.back()) << "of the time since then nothing is known";
}

TEST_F(WarmStartTest, WithoutAHistoryItBeginsCold) {
  const auto store = open();
  Agent agent({.name = "n"}, 1, kNow);
  EXPECT_EQ(remember_demand(*store, kNow, agent).value(), 0u);
  EXPECT_FALSE(first_wanted(agent, "digits"));
}

TEST_F(WarmStartTest, OnlyTheLastHourCountsAndVersionsAreOneModel) {
  const auto store = open();
  record(*store, "digits", "1");
  record(*store, "digits", "2");
  Agent agent({.name = "n"}, 1, kNow);
  EXPECT_EQ(remember_demand(*store, kNow + 55min, agent).value(), 290u);
  const auto wanted = first_wanted(agent, "digits");
  ASSERT_TRUE(wanted);
  EXPECT_EQ(wanted->series.values.front(), 40);
}

}  // namespace
}  // namespace starling::agent
