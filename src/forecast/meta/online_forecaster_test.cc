// On-line forecasting: who carries a forecast, what is learned from outcomes, adaptation and its
// gate.
#include "forecast/meta/online_forecaster.h"

#include <gtest/gtest.h>

#include "forecast/contract_checks.h"
#include "forecast/meta/tasks.h"
#include "forecast/net/artifact_for_tests.h"
#include "forecast/workloads_for_tests.h"

namespace starling {
namespace {

const OnlineOptions kAlwaysAdapt{.gain_min = -1e9};

std::vector<NamedHistory> named(const std::vector<Series>& workloads) {
  std::vector<NamedHistory> histories;
  for (const Series& series : workloads) histories.push_back({series.workload, history_of(series)});
  return histories;
}

double share_of(const Forecast& forecast, const std::string& expert) {
  for (const ExpertShare& share : forecast.experts) {
    if (share.name == expert) return share.share;
  }
  return 0;
}

TEST(OnlineForecaster, SaysWhoCarriedAForecastAndAShortHistoryIsNotTheNetworks) {
  OnlineForecaster forecaster(artifact_for_tests());
  const OwnedHistory seven(std::vector<double>(7, 3.0));
  const OwnedHistory eight(std::vector<double>(8, 3.0));
  const std::vector<NamedHistory> histories{{"new", seven.view()}, {"known", eight.view()}};
  const auto forecasts = forecaster.forecast(histories, 3).value();
  EXPECT_EQ(forecasts[0].method, "mix");
  EXPECT_EQ(share_of(forecasts[0], forecaster.method()), 0);
  EXPECT_GT(share_of(forecasts[0], "ses"), 0.8) << "it speaks for a silent network";
  EXPECT_EQ(share_of(forecasts[0], "seasonal-naive"), 0) << "no season";
  EXPECT_EQ(forecasts[1].method, "mix(net-" + artifact_for_tests().version() + ")");
  EXPECT_EQ(forecasts[1].experts.front().name, forecaster.method());
  EXPECT_GT(forecasts[1].experts.front().share, 0.9);
  for (const Forecast& forecast : forecasts) {
    double sum = 0;
    for (const ExpertShare& expert : forecast.experts) sum += expert.share;
    EXPECT_NEAR(sum, 1, 1e-9);
  }
}

TEST(OnlineForecaster, FollowsAStepOfASteadyCountAtOnce) {
  constexpr int kSeason = 144;
  std::vector<double> points(2 * kSeason, 10.0);
  std::fill(points.end() - 3, points.end(), 14.0);
  const OwnedHistory history(std::move(points), kSeason);
  OnlineForecaster online(artifact_for_tests());
  const NamedHistory named{"replicas", history.view()};
  ASSERT_TRUE(online.catch_up({&named, 1}, 12, 32));
  const Forecast forecast = online.forecast({&named, 1}, 12).value().front();
  for (const Quantiles& step : forecast.steps) {
    EXPECT_EQ(step[5], 14) << "the median; yesterday had 10";
    EXPECT_LE(step[9], 15) << "a steady count is not widened to cover more";
  }
}

/// The contract's forecaster: every call is about models that were never seen.
class Fresh final : public Forecaster {
 public:
  std::string name() const override { return "mix"; }
  Result<std::vector<Forecast>> forecast(std::span<const HistoryView> histories,
                                         int horizon) const override {
    OnlineForecaster online(artifact_for_tests());
    std::vector<NamedHistory> named;
    for (const HistoryView& view : histories) {
      named.push_back({"m" + std::to_string(named.size()), view});
    }
    return online.forecast(named, horizon);
  }
};

TEST(OnlineForecaster, KeepsTheContractOfEveryForecaster) {
  OnlineForecaster online(artifact_for_tests());
  for (const auto& [what, history] : awkward_histories()) {
    SCOPED_TRACE(what);
    const NamedHistory named{what, history.view()};
    ASSERT_TRUE(online.catch_up({&named, 1}, 12, 20));
    const auto forecasts = online.forecast({&named, 1}, 30);
    ASSERT_TRUE(forecasts) << forecasts.error().message;
    expect_usable(forecasts->front(), named.history, 30);
  }
  const OwnedHistory missing({-1.0, -2.0});
  const NamedHistory named{"missing", missing.view()};
  EXPECT_NE(online.forecast({&named, 1}, 3).error().message.find("history 0"), std::string::npos);
  EXPECT_FALSE(online.forecast({}, 0));
  expect_contract(Fresh());
}

TEST(OnlineForecaster, ABatchGivesWhatEachModelGetsAlone) {
  const auto workloads = patterned_workloads(20, 300, 4);
  const auto histories = named(workloads);
  OnlineForecaster together(artifact_for_tests(), kAlwaysAdapt);
  together.adapt(histories, 4);
  const auto batched = together.forecast(histories, 12).value();
  for (std::size_t i = 0; i < histories.size(); ++i) {
    OnlineForecaster alone(artifact_for_tests(), kAlwaysAdapt);
    alone.adapt({&histories[i], 1}, 4);
    const auto single = alone.forecast({&histories[i], 1}, 12).value();
    EXPECT_GT(share_of(batched[i], together.method() + "+adapted"), 0.3);
    EXPECT_EQ(single[0].method, batched[i].method);
    for (std::size_t h = 0; h < 12; ++h) {
      for (std::size_t q = 0; q < kQuantileLevels.size(); ++q) {
        const double expected = single[0].steps[h][q];
        EXPECT_NEAR(batched[i].steps[h][q], expected, 1e-3 * (expected + 1));
      }
    }
  }
}

TEST(OnlineForecaster, CatchingUpLearnsWhatForecastingAtTheTimeWouldHave) {
  const Series series = seasonal_workloads(1, 260, 9).front();
  const NamedHistory whole{"m", history_of(series)};
  OnlineForecaster live(artifact_for_tests());
  for (std::size_t end = 200; end < 260; ++end) {
    const NamedHistory then{"m", slice(whole.history, 0, end)};
    ASSERT_TRUE(live.forecast({&then, 1}, 8));
  }
  OnlineForecaster late(artifact_for_tests());
  ASSERT_TRUE(late.catch_up({&whole, 1}, 8, 60));
  const Forecast expected = live.forecast({&whole, 1}, 8)->front();
  const Forecast made = late.forecast({&whole, 1}, 8)->front();
  EXPECT_GT(made.coverage.outcomes, 200);
  EXPECT_EQ(made.coverage.outcomes, expected.coverage.outcomes);
  EXPECT_EQ(made.steps, expected.steps);
  EXPECT_EQ(live.live_loss().points, late.live_loss().points);
}

TEST(OnlineForecaster, DemandUnlikeAllThatTheWeightsKnowIsLeftToSimplerExperts) {
  Series held = seasonal_workloads(1, 500, 7).front();
  Rng rng(2);
  double level = 100;
  for (double& x : held.values) x = rng.chance(0.01) ? level = rng.uniform(50, 200) : level;
  const NamedHistory history{"held", history_of(held)};
  OnlineForecaster forecaster(artifact_for_tests());
  ASSERT_TRUE(forecaster.catch_up({&history, 1}, 8, 300));
  const Forecast forecast = forecaster.forecast({&history, 1}, 8)->front();
  EXPECT_LT(share_of(forecast, forecaster.method()), 0.5) << forecast.experts.front().name;
}

TEST(OnlineForecaster, AnotherNodeGoesOnWithAModelsOwnWeights) {
  const auto workloads = patterned_workloads(1, 300, 4);
  const auto histories = named(workloads);
  OnlineForecaster old(artifact_for_tests(), kAlwaysAdapt), fresh(artifact_for_tests());
  EXPECT_EQ(old.film("p0"), "");
  old.adapt(histories, 4);
  const std::string film = old.film("p0");
  EXPECT_LT(film.size(), 3000u);
  ASSERT_TRUE(fresh.take_film("p0", film));
  EXPECT_EQ(fresh.film("p0"), film) << "and can hand them on";
  const auto by_old = old.forecast(histories, 8).value(),
             by_fresh = fresh.forecast(histories, 8).value();
  for (std::size_t h = 0; h < 8; ++h) {
    EXPECT_NEAR(by_fresh[0].steps[h][6], by_old[0].steps[h][6], 0.01 * (1 + by_old[0].steps[h][6]));
  }
  ASSERT_TRUE(fresh.take_film("p0", ""));
  EXPECT_FALSE(fresh.is_adapted("p0"));
}

TEST(OnlineForecaster, WeightsThatAreNotOfThisNetworkAreRefusedAndChangeNothing) {
  const auto workloads = patterned_workloads(1, 300, 4);
  OnlineForecaster one(artifact_for_tests(), kAlwaysAdapt);
  one.adapt(named(workloads), 4);
  const std::string film = one.film("p0");
  ForecasterArtifact changed = artifact_for_tests();
  for (float& weight : changed.networks.front().weights) weight *= 0.5F;
  OnlineForecaster other(changed);
  EXPECT_FALSE(other.take_film("p0", film)) << "of other shared weights";
  std::string damaged = film;
  damaged[damaged.size() - 1] = '\x7c';  // an infinite half
  damaged[damaged.size() - 2] = '\0';
  for (const std::string& bytes :
       {film.substr(0, film.size() - 2), film + "x", damaged, std::string("film")}) {
    EXPECT_FALSE(one.take_film("p0", bytes));
    EXPECT_EQ(one.film("p0"), film);
  }
}

TEST(OnlineForecaster, DriftDropsTheWeightsOfItsOwnAndIsReported) {
  Series series = patterned_workloads(1, 700, 4).front();
  Rng rng(3);
  for (std::size_t i = 400; i < 700; ++i) series.values[i] = rng.uniform(20, 400);
  OnlineForecaster forecaster(artifact_for_tests(), kAlwaysAdapt);
  const NamedHistory before{"m", slice(history_of(series), 0, 300)};
  forecaster.adapt({&before, 1}, 2);
  ASSERT_TRUE(forecaster.is_adapted("m"));
  for (std::size_t end = 300; end < 600; ++end) {
    const NamedHistory then{"m", slice(history_of(series), 0, end)};
    ASSERT_TRUE(forecaster.forecast({&then, 1}, 4));
  }
  EXPECT_FALSE(forecaster.is_adapted("m"));
  EXPECT_EQ(forecaster.take_drifted(), std::vector<std::string>{"m"});
  EXPECT_TRUE(forecaster.take_drifted().empty());
}

TEST(OnlineForecaster, TheGateKeepsWhatForecastTheHeldBackWindowsBetter) {
  const auto workloads = patterned_workloads(16, 300, 4);
  const auto histories = named(workloads);
  OnlineForecaster forecaster(artifact_for_tests());
  int adapted = 0;
  for (const int round : {1, 2}) {
    for (const AdaptReport& report : forecaster.adapt(histories, 30)) {
      SCOPED_TRACE(report.model + ": " + report.reason);
      EXPECT_EQ(forecaster.is_adapted(report.model), report.adapted);
      EXPECT_TRUE(!report.adapted || report.loss_after < report.loss_before);
      adapted += report.adapted;
      if (report.adapted && round == 2) {
        EXPECT_NE(report.reason.find("from its own weights"), std::string::npos);
      }
    }
  }
  EXPECT_GE(adapted, 10);
}

TEST(OnlineForecaster, OtherWeightsTakeOverWithTheRecordOfEachModel) {
  const auto workloads = patterned_workloads(2, 300, 4);
  const auto histories = named(workloads);
  OnlineForecaster forecaster(artifact_for_tests(), kAlwaysAdapt);
  forecaster.adapt(histories, 1);
  ASSERT_TRUE(forecaster.catch_up(histories, 8, 40));
  const auto outcomes = forecaster.forecast(histories, 8)->front().coverage.outcomes;
  ASSERT_GT(outcomes, 0);
  ForecasterArtifact other = artifact_for_tests();
  for (float& weight : other.networks.front().weights) weight *= 0.5F;
  forecaster.replace(other);
  EXPECT_EQ(forecaster.method(), "net-" + other.version());
  EXPECT_FALSE(forecaster.is_adapted("p0"));
  EXPECT_EQ(forecaster.live_loss().points, 0);
  const auto forecasts = forecaster.forecast(histories, 8).value();
  EXPECT_EQ(forecasts[0].method, "mix(net-" + other.version() + ")");
  EXPECT_EQ(forecasts[0].coverage.outcomes, outcomes);
}

TEST(OnlineForecaster, WhatTheOldWeightsSaidDoesNotJudgeTheNewOnes) {
  const auto workloads = patterned_workloads(2, 300, 4);
  const auto at = [&](std::size_t points) {
    auto histories = named(workloads);
    for (auto& named : histories) named.history = slice(named.history, 0, points);
    return histories;
  };
  OnlineForecaster forecaster(artifact_for_tests());
  for (std::size_t points = 200; points < 240; ++points)
    ASSERT_TRUE(forecaster.forecast(at(points), 8));
  ASSERT_GT(forecaster.live_loss().points, 0);
  ForecasterArtifact other = artifact_for_tests();
  for (float& weight : other.networks.front().weights) weight *= 0.5F;
  forecaster.replace(other);
  ASSERT_TRUE(forecaster.forecast(at(247), 8));
  EXPECT_EQ(forecaster.live_loss().points, 0) << "all that came was said by the old ones";
  for (std::size_t points = 248; points < 290; ++points)
    ASSERT_TRUE(forecaster.forecast(at(points), 8));
  EXPECT_GT(forecaster.live_loss().points, 0);
}

TEST(OnlineForecaster, AFamilysCopySpeaksForItsModelsUntilOtherWeightsCome) {
  const auto workloads = seasonal_workloads(3, 300, 5);
  auto histories = named(workloads);
  histories[0].family = "shop";
  histories[1].family = "search";
  OnlineForecaster forecaster(artifact_for_tests());
  const std::string family = forecaster.method() + "+family";
  const auto before = forecaster.forecast(histories, 3).value();
  EXPECT_EQ(share_of(before[0], family), 0);

  ForecasterArtifact copy = artifact_for_tests();
  for (float& weight : copy.networks[0].weights) weight *= 0.5F;
  forecaster.set_families({{"shop", copy}});
  const auto with = forecaster.forecast(histories, 3).value();
  EXPECT_NEAR(share_of(with[0], family), 0.36 / (0.6 + 0.36), 1e-9) << "none of the simple ones";
  EXPECT_NE(with[0].steps, before[0].steps);
  for (const std::size_t other : {1, 2}) {
    EXPECT_EQ(share_of(with[other], family), 0);
    EXPECT_EQ(with[other].steps, before[other].steps);
  }
  forecaster.replace(artifact_for_tests());
  EXPECT_EQ(forecaster.forecast(histories, 3).value()[0].steps, before[0].steps);
}

TEST(OnlineForecaster, WhereTheNewestPastContradictsTheOlderTheGateRefuses) {
  // Noise to learn from, then a wave, which the shared weights know: what was learned is wrong
  // there.
  Rng rng(6);
  OwnedHistory changed({});
  for (int i = 0; i < 300; ++i) changed.values.push_back(300 + 5 * rng.normal());
  const Series wave = seasonal_workloads(1, 100, 11).front();
  changed.values.insert(changed.values.end(), wave.values.begin(), wave.values.end());
  changed.present.assign(changed.values.size(), 1);
  const NamedHistory history{"changed", changed.view()};
  OnlineForecaster forecaster(artifact_for_tests());
  const auto report = forecaster.adapt({&history, 1}, 40).front();
  EXPECT_GT(report.loss_after, report.loss_before) << report.reason;
  EXPECT_FALSE(report.adapted);
  EXPECT_FALSE(forecaster.is_adapted("changed"));
}

TEST(OnlineForecaster, TooLittlePastIsNotAdaptedTo) {
  OnlineForecaster forecaster(artifact_for_tests());
  for (const std::size_t length : {0U, 1U, 12U, 30U}) {
    const OwnedHistory young(std::vector<double>(length, 2.0));
    const NamedHistory history{"young", young.view()};
    const auto report = forecaster.adapt({&history, 1}).front();
    EXPECT_FALSE(report.adapted);
    EXPECT_NE(report.reason.find("windows to learn from"), std::string::npos) << report.reason;
  }
}

TEST(OnlineForecaster, ForgetsOnDemandAndTheOldestWhenFull) {
  const auto workloads = patterned_workloads(3, 300, 4);
  const auto histories = named(workloads);
  OnlineForecaster forecaster(artifact_for_tests(), {.models_max = 2, .gain_min = -1e9});
  forecaster.adapt(histories, 1);
  EXPECT_FALSE(forecaster.is_adapted("p0"));
  EXPECT_TRUE(forecaster.is_adapted("p1"));
  EXPECT_TRUE(forecaster.is_adapted("p2"));
  forecaster.forget("p2");
  EXPECT_FALSE(forecaster.is_adapted("p2"));
  EXPECT_EQ(share_of(forecaster.forecast(histories, 1)->at(2), forecaster.method() + "+adapted"),
            0);
}

}  // namespace
}  // namespace starling
