// The learning thread: forecasts come back, and weights of a model's own are handed on and told of.
#include "apps/agent/learner.h"

#include <gtest/gtest.h>

#include "forecast/net/artifact_for_tests.h"
#include "forecast/workloads_for_tests.h"

namespace starling::agent {
namespace {

/// A learner with what it says, waited for; the time is only a bound on a broken program.
class LearnerTest : public testing::Test {
 protected:
  void start(const OnlineOptions& options) {
    learner_.emplace(
        OnlineForecaster(artifact_for_tests(), options), Duration(10ms),
        [this](const std::string& model, const Forecast& forecast) {
          said([&] { forecasts_[model] = forecast.method; });
        },
        [this](const std::string& model, const std::string& film) {
          said([&] { films_[model].push_back(film); });
        });
  }
  template <typename Holds>
  bool comes_true(Holds holds) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), holds);
  }
  void want() { learner_->want({"p0", patterned_workloads(1, 300, 4).front(), 8, "default"}); }
  /// Weights of the model's own that another node's forecaster has learned.
  static std::string learned_film() {
    OnlineForecaster other(artifact_for_tests(), {.gain_min = -1e9});
    const auto series = patterned_workloads(1, 300, 4).front();
    const NamedHistory history{"p0", {series.values, series.present, series.start, series.step, 0}};
    other.adapt({&history, 1}, 4);
    return other.film("p0");
  }

  std::map<std::string, std::string> forecasts_;
  std::map<std::string, std::vector<std::string>> films_;

 private:
  template <typename Say>
  void said(Say say) {
    const std::lock_guard lock(mutex_);
    say();
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;

 protected:
  std::optional<Learner> learner_;  // ends before what it calls
};

TEST_F(LearnerTest, TellsOfTheWeightsThatAModelGets) {
  start({.gain_min = -1e9});  // whatever an adaptation leads to is kept
  want();
  ASSERT_TRUE(comes_true([&] { return !films_["p0"].empty(); }));
  EXPECT_FALSE(films_["p0"].front().empty());
  EXPECT_EQ(forecasts_["p0"], "mix(net-" + artifact_for_tests().version() + ")");
}

TEST_F(LearnerTest, TellsThatWeightsOfAFormerOwnerWereDropped) {
  start({.gain_min = 1});  // nothing is ever kept
  learner_->take({"p0", learned_film()});
  want();
  ASSERT_TRUE(comes_true([&] { return !films_["p0"].empty(); }));
  EXPECT_EQ(films_["p0"].front(), "");
}

TEST_F(LearnerTest, HasNothingToTellOfAModelWithoutWeightsOfItsOwn) {
  start({.gain_min = 1});
  want();
  ASSERT_TRUE(comes_true([&] { return forecasts_.contains("p0"); }));
  EXPECT_TRUE(films_.empty());
}

}  // namespace
}  // namespace starling::agent
