// A restarted agent asks for forecasts from what its history holds, not from nothing.
#include "apps/agent/warm_start.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <optional>

namespace starling::agent {
namespace {

constexpr TimePoint kNow{std::chrono::seconds(1'700'000'000)};

NodeInfo self() {
  NodeInfo node;
  node.name = "n";
  return node;
}

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
  /// The first forecast that an agent with this model wants after `now`.
  static std::optional<WantForecast> first_wanted(Agent& agent, const std::string& model,
                                                  TimePoint now = kNow) {
    ModelSpec spec;
    spec.name = model;
    agent.on_tick(now);  // the specs are not known at once
    agent.on_specs({{spec, 1}}, now);
    for (Duration t = 100ms; t < 10s; t += 100ms) {
      for (auto& effect : agent.on_tick(now + t)) {
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
  Agent agent(self(), 1, kNow);
  const auto known = remember_demand(*store, kNow, agent);
  ASSERT_TRUE(known) << known.error().message;
  EXPECT_EQ(known->seconds, 590u);
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
  Agent agent(self(), 1, kNow);
  const auto known = remember_demand(*store, kNow, agent).value();
  EXPECT_EQ(known.seconds + known.minutes, 0u);
  EXPECT_FALSE(first_wanted(agent, "digits"));
}

TEST_F(WarmStartTest, OfMoreThanAnHourAgoMinutesAreRememberedAndVersionsAreOneModel) {
  const auto store = open();
  record(*store, "digits", "1");
  record(*store, "digits", "2");
  // A fact of the present makes the past complete, so that it is rolled up.
  history::DemandFact fact;
  fact.time = kNow + 2h;
  fact.model = {"tenant", "digits", "2"};
  store->record(fact);
  ASSERT_TRUE(store->flush());
  AgentOptions options;
  options.owner.cold_start_guess = 28s;  // forecasts have steps of ten seconds
  Agent agent(self(), 1, kNow + 2h, options);
  const auto known = remember_demand(*store, kNow + 2h, agent);
  ASSERT_TRUE(known) << known.error().message;
  EXPECT_EQ(known->seconds, 0u);
  EXPECT_THAT(known->minutes, testing::AllOf(testing::Ge(10u), testing::Le(11u)));
  const auto wanted = first_wanted(agent, "digits", kNow + 2h);
  ASSERT_TRUE(wanted);
  const Series& series = wanted->series;
  ASSERT_EQ(series.step, 10s);
  ASSERT_GE(series.size(), 720u);
  EXPECT_EQ(series.values[6], 10) << "five for each version";
  EXPECT_EQ(series.values[8 * 6], 40);
  EXPECT_FALSE(series.present.back());
}

}  // namespace
}  // namespace starling::agent
