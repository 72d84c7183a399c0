// The configuration of elastic nodes, and every mistake in it.
#include "apps/agent/pool_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace starling::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<std::vector<PoolConfig>> read(const std::string& yaml) {
  const auto documents = parse_yaml(yaml, "node.yaml");
  if (!documents) return fail(documents.error());
  Fields root(documents->front(), "node.yaml");
  auto pools = read_pools(root);
  if (auto status = root.finish(); !status) return fail(status.error());
  return pools;
}

/// A pool with further keys on line 3 and on.
std::string pool(const std::string& more, const std::string& provider = "exec: burst-nodes") {
  return "pools:\n  - name: burst\n    provider: { " + provider +
         " }\n    cpu: 4\n    memory: 16Gi\n" + more;
}

TEST(PoolConfig, WhatIsReadIsWrittenAndReadAgain) {
  const auto pools =
      read(pool("    min: 1\n    max: 5\n    gpus: 2\n    gpuPrice: 0.02\n    cloud: aws\n    "
                "price: 0.05\n    budget: 0.5\n    idle: 3m\n"
                "    boot: 4m\n    headroom: 0.2\n    node: { host: 10.0.0.1, apiPort: 7171 }\n",
                "exec: /usr/bin/burst, arguments: [--zone, b], timeout: 20s"));
  ASSERT_TRUE(pools) << pools.error().message;
  const auto& burst = pools->front();
  EXPECT_THAT(burst.command, ElementsAre("/usr/bin/burst", "--zone", "b"));
  EXPECT_EQ(burst.pool.max, 5);
  EXPECT_EQ(burst.pool.node_size.gpus, 2);
  EXPECT_DOUBLE_EQ(burst.price_per_gpu_hour, 0.02);
  EXPECT_EQ(burst.pool.idle, 3min);
  EXPECT_EQ(burst.pool.budget_per_hour, 0.5);
  EXPECT_EQ(burst.host, "10.0.0.1");
  YAML::Emitter out;
  out << YAML::BeginMap;
  write_pools(out, *pools);
  out << YAML::EndMap;
  const auto again = read(out.c_str());
  ASSERT_TRUE(again) << again.error().message << "\n" << out.c_str();
  YAML::Emitter twice;
  twice << YAML::BeginMap;
  write_pools(twice, *again);
  twice << YAML::EndMap;
  EXPECT_STREQ(twice.c_str(), out.c_str());
  EXPECT_THAT(twice.c_str(), HasSubstr("budget: 0.5"));
}

TEST(PoolConfig, EveryMistakeIsNamedWithFileLineAndKey) {
  const struct {
    std::string yaml, says;
  } table[] = {
      {"pools:\n  - { name: Burst!, provider: { exec: x }, max: 1, cpu: 1, memory: 1Gi }\n",
       "node.yaml:2: pools[0].name: 'Burst!': use up to 40 small letters"},
      {pool("    max: 2\n", "timeout: 5s"), "give either 'exec'"},
      {pool("    max: 2\n", "exec: x, local: /y"), "give either 'exec'"},
      {pool("    max: 2\n", "exec: x, timeout: 10h"), "provider.timeout: must be from 1s to 30m"},
      {pool("    min: 3\n    max: 2\n"), "node.yaml:6: pools[0].min: 3 is more than max, 2"},
      {pool("    max: 2\n    budget: 1\n"), "needs 'price'"},
      {pool("    max: 2\n    price: 2\n    budget: 1\n"), "pays for less than one node at 2"},
      {pool("    min: 2\n    max: 2\n    price: 2\n    budget: 3\n"),
       "pays for less than the 2 nodes of 'min' at 2"},
      {pool("    max: 2\n    bugdet: 1\n"), "bugdet"},
      {pool("    max: 2\n    boot: 1s\n"), "boot: must be at least 5s"},
      {pool("    max: 2\n    price: 2\n    gpuPrice: 1\n"), "gpuPrice: needs 'gpus'"},
      {pool("    max: 2\n    price: 2\n    gpus: 4\n    gpuPrice: 1\n"),
       "4 GPUs at 1 cost more than the node, 'price' 2"},
      {pool("    max: 2\n    gpus: -1\n"), "gpus"},
      {pool("    max: 2\n    gpus: 1\n", "local: /y"), "gpus: agents on one machine"},
      {pool(
           "    max: 2\n  - { name: burst, provider: { exec: x }, max: 1, cpu: 1, memory: 1Gi }\n"),
       "there is another pool 'burst' already"},
  };
  for (const auto& row : table) {
    const auto pools = read(row.yaml);
    ASSERT_FALSE(pools) << row.yaml;
    EXPECT_THAT(pools.error().message, HasSubstr(row.says)) << row.yaml;
    EXPECT_THAT(pools.error().message, HasSubstr("node.yaml:")) << row.yaml;
  }
}

TEST(PoolConfig, HalfOfANodesPriceIsItsGpusUnlessSaid) {
  const auto pools = read(pool("    max: 2\n    price: 2\n    gpus: 4\n"));
  ASSERT_TRUE(pools) << pools.error().message;
  EXPECT_DOUBLE_EQ(pools->front().price_per_gpu_hour, 0.25);
}

}  // namespace
}  // namespace starling::agent
