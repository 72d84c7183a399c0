// The network as a forecaster: the contract, its invariances, and the artefact
// that ships.
#include "forecast/net/net_forecaster.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "forecast/baselines.h"
#include "forecast/contract_checks.h"
#include "forecast/meta/tasks.h"
#include "forecast/metrics.h"
#include "forecast/net/artifact_for_tests.h"
#include "forecast/workloads_for_tests.h"

namespace starling {
namespace {

TEST(NetForecaster, KeepsTheContract) { expect_contract(NetForecaster(artifact_for_tests())); }

TEST(NetForecaster, DoesNotDependOnTheUnit) {
  const auto workloads = seasonal_workloads(1, 300, 8);
  Series scaled = workloads[0];
  for (double& x : scaled.values) x *= 1024;
  const NetForecaster forecaster(artifact_for_tests());
  const std::vector<HistoryView> histories{history_of(workloads[0]), history_of(scaled)};
  const auto forecasts = forecaster.forecast(histories, 12).value();
  for (std::size_t h = 0; h < 12; ++h) {
    for (std::size_t q = 0; q < kQuantileLevels.size(); ++q) {
      const double expected = 1024 * forecasts[0].steps[h][q];
      EXPECT_NEAR(forecasts[1].steps[h][q], expected, 1e-3 * (expected + 1));
    }
  }
}

TEST(NetForecaster, ASteadyCountOfDaysIsLeftToSmoothing) {
  std::vector<double> replicas(600, 40);
  for (std::size_t i = 300; i < replicas.size(); ++i) replicas[i] = 42;
  OwnedHistory steady(replicas);
  for (std::size_t i = 0; i < 300; ++i) replicas[i] = 20 + static_cast<double>(i * i % 7);
  const OwnedHistory busy_once(replicas);  // only the recent points are steady
  const std::vector<HistoryView> histories{steady.view(), busy_once.view()};
  const NetForecaster forecaster(artifact_for_tests());
  const auto forecasts = forecaster.forecast(histories, 12).value();
  EXPECT_EQ(forecasts[0].method, "ses");
  EXPECT_EQ(forecasts[0].steps[0][5], 42);
  EXPECT_EQ(forecasts[1].method, "net-" + artifact_for_tests().version());
}

double wql_of(const Forecaster& forecaster, const std::vector<Series>& workloads) {
  QuantileScore score;
  for (const Series& series : workloads) {
    const std::size_t origin = series.size() - kNetHorizon;
    const HistoryView past = slice(history_of(series), 0, origin);
    const Forecast forecast = forecaster.forecast({&past, 1}, kNetHorizon).value().front();
    for (std::size_t h = 0; h < kNetHorizon; ++h) {
      score.add(forecast.steps[h], series.values[origin + h]);
    }
  }
  return score.wql();
}

TEST(NetForecaster, TheArtefactThatShipsIsSmallSoundAndBetterThanTheBaselines) {
  const std::filesystem::path path = std::string(STARLING_SOURCE_DIR) + "/models/forecaster.bin";
  EXPECT_LE(std::filesystem::file_size(path), 4U << 20);
  const auto shipped = NetForecaster::load(path);
  ASSERT_TRUE(shipped) << shipped.error().message;
  expect_contract(**shipped);
  const auto workloads = seasonal_workloads(60, 300, 12);
  EXPECT_LT(wql_of(**shipped, workloads), wql_of(*make_forecaster("naive").value(), workloads));
  EXPECT_LT(wql_of(**shipped, workloads), wql_of(*make_forecaster("ses").value(), workloads));
}

}  // namespace
}  // namespace starling
