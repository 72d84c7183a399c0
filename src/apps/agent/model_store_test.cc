// Versions on disk: what serves after a restart, what is removed, what is damaged.
#include "apps/agent/model_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"

namespace starling::agent {
namespace {

using testing::UnorderedElementsAre;

ForecasterArtifact artifact(float weight) {
  TrainedNetwork network;
  network.shape = {.regime = Regime::kShort, .hidden = 4};
  network.weights.assign(static_cast<std::size_t>(weight_count(network.shape)), weight);
  ForecasterArtifact made;
  made.networks = {network};
  made.inner_rate = 0.01;
  made.inner_steps = 3;
  made.data = "a test";
  return made;
}

class ModelStoreTest : public testing::Test {
 protected:
  ModelStoreTest()
      : folder_(std::filesystem::path(testing::TempDir()) /
                testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
  }
  ~ModelStoreTest() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(ModelStoreTest, ServesAfterARestartWhatWasChosenAndRemovesTheRest) {
  auto store = ModelStore::open(folder_ / "models").value();
  EXPECT_FALSE(store.serving()->has_value());
  std::vector<std::string> versions;
  for (const float weight : {0.1F, 0.2F, 0.3F}) {
    ASSERT_TRUE(store.write(artifact(weight)));
    versions.push_back(artifact(weight).version());
  }
  ASSERT_TRUE(store.serve(versions[2], {versions[0]}));
  const auto again = ModelStore::open(folder_ / "models").value();
  EXPECT_EQ(again.serving()->value().version(), again.read(versions[2])->version());
  EXPECT_THAT(again.versions(), UnorderedElementsAre(versions[0], versions[2]));
}

TEST_F(ModelStoreTest, ADamagedVersionIsAnErrorThatSaysHowToGoOn) {
  auto store = ModelStore::open(folder_).value();
  ASSERT_TRUE(store.write(artifact(0.5F)));
  const std::string version = artifact(0.5F).version();
  ASSERT_TRUE(store.serve(version, {}));
  ASSERT_TRUE(write_file_atomically(folder_ / ("forecaster-" + version + ".bin"), "half a file"));
  const auto damaged = store.serving();
  ASSERT_FALSE(damaged);
  EXPECT_NE(damaged.error().message.find("to keep to the configured forecaster"),
            std::string::npos);
  EXPECT_EQ(store.serving_or(artifact(0.1F)).version(), artifact(0.1F).version());
  ASSERT_TRUE(store.write(artifact(0.5F)));
  EXPECT_EQ(store.serving_or(artifact(0.1F)).version(), version);
}

}  // namespace
}  // namespace starling::agent
