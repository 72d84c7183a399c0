// What a pool's node is started with: this agent's configuration, moved.
#include "apps/agent/node_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"

namespace starling::agent {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class NodeConfigTest : public ::testing::Test {
 protected:
  NodeConfigTest() {
    own_.fleet = "prod";
    own_.node.name = "n1";
    own_.token = "secret";
    own_.data = "/var/lib/n1";
    own_.nats_port = 4222;
    own_.nats_cluster_port = 6222;
    own_.nats_routes = {"127.0.0.1:6222"};
    own_.api_port = own_.gateway_port = 7;
    own_.decision_interval = 5s;
    pool_.pool.name = "burst";
    pool_.pool.node_size = {4000, 16LL << 30};
    pool_.pool.cloud = "aws";
    pool_.pool.price_per_hour = 0.2;
    own_.pools = {pool_};
  }

  /// The text, and what an agent makes of it.
  std::pair<std::string, Config> started_with() const {
    const auto text = node_config(own_, pool_, "burst-1");
    EXPECT_TRUE(text) << text.error().message;
    const auto file =
        std::filesystem::path(::testing::TempDir()) /
        (std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + ".yaml");
    EXPECT_TRUE(write_file_atomically(file, *text, 0600));
    const auto config = read_config(file);
    EXPECT_TRUE(config) << config.error().message;
    std::filesystem::remove(file);
    return {*text, *config};
  }

  Config own_;
  PoolConfig pool_;
};

TEST_F(NodeConfigTest, ANodeOfACommandHasAPlaceForItsAddress) {
  pool_.command = {"nodes"};
  const auto [text, config] = started_with();
  EXPECT_THAT(text, HasSubstr("host: \"@HOST@\""));
  EXPECT_THAT(text, Not(HasSubstr("forecaster:"))) << "where they are there, its agent knows";
  EXPECT_EQ(config.node.name, "burst-1");
  EXPECT_EQ(config.node.cloud, "aws");
  EXPECT_EQ(config.node.cpu_millis, 4000);
  EXPECT_DOUBLE_EQ(config.node.price_per_cpu_hour, 0.05) << "0.2 for four";
  EXPECT_EQ(config.api_port, 7070);
  EXPECT_EQ(config.data, "/var/lib/starling");
  EXPECT_EQ(config.nats_url, "nats://127.0.0.1:4222") << "it joins, without a server of its own";
  EXPECT_EQ(config.nats_port, 0);
  EXPECT_TRUE(config.nats_routes.empty());
  EXPECT_TRUE(config.pools.empty()) << "it decides for no pool";
  EXPECT_EQ(config.token, "secret");
  EXPECT_EQ(config.decision_interval, 5s);
}

TEST_F(NodeConfigTest, ANodesPriceIsSharedBetweenItsGpusAndItsCpu) {
  pool_.command = {"nodes"};
  pool_.pool.node_size.gpus = 2;
  pool_.price_per_gpu_hour = 0.08;
  const auto config = started_with().second;
  EXPECT_EQ(config.node.gpus, 2);
  EXPECT_DOUBLE_EQ(config.node.price_per_gpu_hour, 0.08);
  EXPECT_NEAR(config.node.price_per_cpu_hour, 0.01, 1e-12) << "0.04 for four";
}

TEST_F(NodeConfigTest, ANodeOnThisMachineHasPortsAndAFolderOfItsOwn) {
  pool_.directory = "/var/lib/elastic";
  const auto [text, config] = started_with();
  EXPECT_EQ(config.host, "127.0.0.1");
  EXPECT_GT(config.api_port, 1023);
  EXPECT_GT(config.gateway_port, 1023);
  EXPECT_NE(config.api_port, config.gateway_port);
  EXPECT_EQ(config.data, "/var/lib/elastic/burst-1");
}

}  // namespace
}  // namespace starling::agent
