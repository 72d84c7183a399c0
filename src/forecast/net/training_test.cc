// Training in miniature: it learns, the same bytes come of the same seed, and
// of a run interrupted.
#include "forecast/net/training.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "forecast/baselines.h"
#include "forecast/metrics.h"
#include "forecast/net/net_forecaster.h"
#include "forecast/workloads_for_tests.h"

namespace starling {
namespace {

std::vector<TrainingSet> waves() { return {{"waves", 1, seasonal_workloads(30, 300, 1)}}; }

TrainingOptions tiny(int steps, Regime regime = Regime::kShort) {
  return {.regime = regime,
          .seed = 3,
          .hidden = 16,
          .steps = steps,
          .batch = 32,
          .rate = 4e-3,
          .checks = 4,
          .windows = {}};
}

/// A folder of this test's own that goes with it.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "training-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::filesystem::path operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

TEST(Training, TheSameSeedGivesTheSameWeights) {
  for (const Regime regime : kRegimes) {
    const auto a = train_network(waves(), tiny(6, regime)),
               b = train_network(waves(), tiny(6, regime));
    ASSERT_TRUE(a) << a.error().message;
    EXPECT_EQ(a->weights, b->weights);
    auto other = tiny(6, regime);
    other.seed = 4;
    EXPECT_NE(a->weights, train_network(waves(), other)->weights);
  }
}

TEST(Training, AnInterruptedRunGoesOnToTheSameWeights) {
  const Folder folder;
  const auto path = folder / "run";
  const auto whole = train_network(waves(), tiny(20));
  const auto stopped = train_network(waves(), tiny(20), path,
                                     [](const TrainingState& state) { return state.step < 7; });
  ASSERT_TRUE(stopped) << stopped.error().message;
  EXPECT_EQ(stopped->steps, 7);
  int first = 0;
  const auto resumed = train_network(waves(), tiny(20), path, [&](const TrainingState& state) {
    if (first == 0) first = state.step;
    return true;
  });
  ASSERT_TRUE(resumed) << resumed.error().message;
  EXPECT_EQ(first, 8);
  EXPECT_EQ(resumed->weights, whole->weights);
}

TEST(Training, ACheckpointOfOtherOptionsOrDamagedIsRefused) {
  const Folder folder;
  const auto path = folder / "run";
  ASSERT_TRUE(train_network(waves(), tiny(4), path));
  const auto other = train_network(waves(), tiny(8), path);
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().message.find("other options"), std::string::npos)
      << other.error().message;
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  const auto damaged = train_network(waves(), tiny(4), path);
  ASSERT_FALSE(damaged);
  EXPECT_NE(damaged.error().message.find("damaged"), std::string::npos);
  std::ofstream(path) << "anything";
  EXPECT_NE(train_network(waves(), tiny(4), path).error().message.find("not a training checkpoint"),
            std::string::npos);
}

TEST(Training, TheTrainedNetworkBeatsSmoothingOnUnseenWorkloads) {
  auto options = tiny(250);
  options.hidden = 32;
  const auto trained = train_network(waves(), options);
  ASSERT_TRUE(trained);
  const NetForecaster net(ForecasterArtifact{.networks = {*trained}, .data = "", .sources = {}});
  const auto ses = make_forecaster("ses").value();
  QuantileScore ours, theirs;
  for (const Series& series : seasonal_workloads(40, 79, 99)) {
    const HistoryView past{.values = std::span(series.values).first(64),
                           .present = std::span(series.present).first(64),
                           .step = series.step};
    const auto a = net.forecast({&past, 1}, kNetHorizon).value(),
               b = ses->forecast({&past, 1}, kNetHorizon).value();
    for (std::size_t h = 0; h < kNetHorizon; ++h) {
      ours.add(a[0].steps[h], series.values[64 + h]);
      theirs.add(b[0].steps[h], series.values[64 + h]);
    }
  }
  EXPECT_LT(ours.wql(), 0.9 * theirs.wql());
}

TEST(Training, ReportsHowGoodItIsOnWorkloadsKeptOut) {
  const auto trained = train_network(waves(), tiny(10));
  ASSERT_EQ(trained->held_out.size(), 1U);
  EXPECT_EQ(trained->held_out[0].dataset, "waves");
  EXPECT_GT(trained->held_out[0].windows, 100);
  EXPECT_GT(trained->held_out[0].loss, 0);
  EXPECT_GT(trained->held_out[0].coverage_90, 0.5);
}

TEST(Training, NothingToTrainOnIsAClearError) {
  const auto trained = train_network({{"short", 1, seasonal_workloads(3, 10, 1)}}, tiny(1));
  ASSERT_FALSE(trained);
  EXPECT_NE(trained.error().message.find("nothing to train on"), std::string::npos);
}

}  // namespace
}  // namespace starling
