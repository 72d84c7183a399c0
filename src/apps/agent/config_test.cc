#include "apps/agent/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <map>

#include "base/file.h"

namespace starling::agent {
namespace {

using ::testing::HasSubstr;

class ConfigTest : public ::testing::Test {
 protected:
  ConfigTest() {
    char pattern[] = "/tmp/config_test_XXXXXX";
    folder_ = ::mkdtemp(pattern);
  }
  ~ConfigTest() override { std::filesystem::remove_all(folder_); }

  /// A whole configuration around the lines of `nats:`, which begin at line 8.
  Result<Config> with_nats(const std::string& nats) const {
    const auto file = folder_ / "node.yaml";
    const std::string text =
        "fleet: prod\n"
        "node: { name: n1, cpu: 2, memory: 4Gi }\n"
        "data: /var/lib/starling\n"
        "host: 10.0.0.1\n"
        "apiPort: 7070\n"
        "gatewayPort: 8080\n"
        "token: t\n"
        "nats:\n" +
        nats;
    EXPECT_TRUE(write_file_atomically(file, text, 0600));
    return read_config(file);
  }

  std::filesystem::path folder_;
};

TEST_F(ConfigTest, TheServersThatThereAreGiveTheCopiesOfTheSpecs) {
  const std::string own = "  port: 4222\n  clusterPort: 6222\n  routes: ";
  const struct {
    std::string nats;
    std::optional<int> copies;
  } table[] = {
      {"  port: 4222\n", 1},
      {own + "[10.0.0.1:6222, 10.0.0.2:6222]\n", 1},
      {own + "[10.0.0.1:6222, 10.0.0.2:6222, 10.0.0.3:6222]\n", 3},
      {own + "[10.0.0.2:6222, 10.0.0.3:6222]\n", 3},  // its own server need not be named
      {own + "[10.0.0.2:6222, 10.0.0.3:6222]\n  copies: 1\n", 1},
      {own + "[10.0.0.2:6222, 10.0.0.3:6222]\n  copies: 5\n", 5},
      {"  url: nats://10.0.0.9:4222\n", std::nullopt},  // asked when the bucket is made
      {"  url: nats://10.0.0.9:4222\n  copies: 3\n", 3},
  };
  for (const auto& row : table) {
    const auto config = with_nats(row.nats);
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->spec_copies, row.copies) << row.nats;
  }
}

TEST_F(ConfigTest, AnUnusableNumberOfCopiesIsNamedWithItsLine) {
  for (const std::string copies : {"0", "2", "4", "7", "many"}) {
    const auto config = with_nats("  port: 4222\n  copies: " + copies + "\n");
    ASSERT_FALSE(config) << copies;
    EXPECT_THAT(config.error().message, HasSubstr("node.yaml:10: nats.copies")) << copies;
  }
}

TEST_F(ConfigTest, WhatIsWrittenIsReadBack) {
  for (const std::optional<int> copies : {std::optional<int>(), std::optional<int>(3)}) {
    auto config = with_nats("  url: nats://10.0.0.9:4222\n");
    ASSERT_TRUE(config);
    config->spec_copies = copies;
    const auto file = folder_ / "again.yaml";
    ASSERT_TRUE(write_file_atomically(file, config_text(*config), 0600));
    const auto again = read_config(file);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->spec_copies, copies);
    EXPECT_EQ(config_text(*again), config_text(*config));
  }
}

TEST_F(ConfigTest, LearningTogetherIsReadAndEveryMistakeInItIsNamed) {
  const auto with = [&](const std::string& learning) {
    return with_nats("  url: nats://10.0.0.9:4222\nlearning: " + learning + "\n");
  };
  EXPECT_TRUE(with("{}")->learning.exchange);
  const auto config = with(
      "{ exchange: off, peers: 5, encoding: fp16, trim: 0.1, privacy: { noise: 2, epsilonMax: 8 } "
      "}");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_FALSE(config->learning.exchange);
  EXPECT_EQ(config->learning.gossip.peers, 5U);
  EXPECT_EQ(config->learning.encoding, federated::Encoding::kHalf);
  EXPECT_EQ(config->learning.privacy.noise, 2);
  EXPECT_EQ(config->learning.epsilon_max, 8);
  const auto file = folder_ / "again.yaml";
  ASSERT_TRUE(write_file_atomically(file, config_text(*config), 0600));
  EXPECT_EQ(config_text(*read_config(file)), config_text(*config));
  for (const auto& [learning, key] : std::map<std::string, std::string>{
           {"{ exchange: maybe }", "learning.exchange"},
           {"{ peers: 0 }", "learning.peers"},
           {"{ encoding: int4 }", "learning.encoding"},
           {"{ trim: 0.5 }", "learning.trim"},
           {"{ piers: 3 }", "learning.piers"},
           {"{ privacy: { noise: -1 } }", "learning.privacy.noise"},
           {"{ privacy: { delta: 1 } }", "learning.privacy.delta"},
           {"{ privacy: { epsilonMax: 3 } }", "learning.privacy.epsilonMax"}}) {
    const auto wrong = with(learning);
    ASSERT_FALSE(wrong) << learning;
    EXPECT_THAT(wrong.error().message, HasSubstr(key)) << learning;
    EXPECT_THAT(wrong.error().message, HasSubstr("node.yaml:10")) << learning;
  }
}

TEST_F(ConfigTest, WhatANodeCostsAndHowItIsBought) {
  const auto file = folder_ / "node.yaml";
  const auto read = [&](const std::string& node, const std::string& more) {
    EXPECT_TRUE(write_file_atomically(file,
                                      "fleet: prod\n"
                                      "node: { name: n1, cpu: 2, memory: 4Gi" +
                                          node +
                                          " }\n"
                                          "data: /d\nhost: 10.0.0.1\napiPort: 7070\n"
                                          "gatewayPort: 8080\ntoken: t\nnats: { port: 4222 }\n" +
                                          more,
                                      0600));
    return read_config(file);
  };
  const auto config =
      read(", gpus: 2, gpuPrice: 1.2, memoryPrice: 0.004, class: spot, evictionNotice: /run/evict",
           "latency:\n  - { between: [aws, gcp], roundTrip: 20ms }\nbudgets: { demo: 2.50 }\n");
  ASSERT_TRUE(config) << config.error().message;
  const auto check = [](const Config& c) {
    EXPECT_EQ(c.node.gpus, 2);
    EXPECT_DOUBLE_EQ(c.node.price_per_gpu_hour, 1.2);
    EXPECT_DOUBLE_EQ(c.node.price_per_gib_hour, 0.004);
    EXPECT_EQ(c.node.node_class, NodeClass::kSpot);
    EXPECT_EQ(c.eviction_notice, "/run/evict");
    EXPECT_EQ(round_trip(c.latency, "gcp", "aws"), 20ms);
    EXPECT_DOUBLE_EQ(c.budgets.at("demo"), 2.5);
  };
  check(*config);
  ASSERT_TRUE(write_file_atomically(file, config_text(*config), 0600));
  const auto again = read_config(file);
  ASSERT_TRUE(again) << again.error().message;
  check(*again);

  const auto problem = [&](const std::string& node, const std::string& more) {
    const auto bad = read(node, more);
    return bad ? std::string() : bad.error().message;
  };
  EXPECT_THAT(problem(", class: spott", ""), HasSubstr("spot"));
  EXPECT_THAT(problem("", "latency: [{ between: [aws], roundTrip: 1ms }]\n"),
              HasSubstr("expected two clouds"));
  EXPECT_THAT(problem("",
                      "latency: [{ between: [a, b], roundTrip: 1ms },"
                      " { between: [b, a], roundTrip: 2ms }]\n"),
              HasSubstr("given twice"));
  EXPECT_THAT(problem("", "budgets: { demo: -1 }\n"), HasSubstr("budgets.demo"));
}

}  // namespace
}  // namespace starling::agent
