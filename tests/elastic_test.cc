// Elastic nodes as a user sees them: a fleet of one node gets a second one while what is asked of
// it does not fit, and is one node again after it.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/running_fleet.h"

namespace starling::system_test {
namespace {

using Json = nlohmann::json;

std::string manifest(int replicas) {
  return fmt::format(
      "apiVersion: starling/v1\nkind: Model\nmetadata: {{ name: digits }}\nspec:\n"
      "  artifact: {}/models/digits.pt\n"
      "  resources: {{ cpu: 250m, memory: 200Mi }}\n"
      "  slo: {{ latency: 500ms, percentile: 95 }}\n  policy: static\n"
      "  replicas: {{ min: {}, max: 8 }}\n",
      STARLING_SOURCE_DIR, replicas);
}

/// A pool that wants no node and has none.
bool empty(const Json& pool) {
  return pool.value("running", -1) == 0 && pool.value("pending", -1) == 0;
}

TEST(Elastic, ASecondAgentStartsWhenDemandDoesNotFitAndIsGivenBackAfterIt) {
  if (!missing_programs().empty()) GTEST_SKIP() << missing_programs();
  auto started = RunningFleet::start(1, {"--cpu", "500m", "--memory", "1Gi", "--elastic", "1",
                                         "--elastic-idle", "1s", "--hold-scale", "0.1"});
  ASSERT_TRUE(started) << started.error().message;
  RunningFleet& fleet = **started;
  const auto& member = fleet.members().front();
  const auto ready = [&](const std::string& node) {
    int count = 0;
    const Json replicas = fleet.get(member, "/v1/replicas").json();
    for (const auto& r : replicas) count += r["node"] == node && r["state"] == "ready";
    return count;
  };
  const auto pool = [&] {
    const Json pools = fleet.get(member, "/v1/pools").json();
    return pools.is_array() && pools.size() == 1 ? pools[0] : Json::object();
  };
  const auto apply = [&](int replicas) {
    const auto file = fleet.folder().write("digits.yaml", manifest(replicas));
    const auto applied = fleet.command("starling apply -f " + file);
    EXPECT_EQ(applied.exit_code, 0) << applied.err;
  };

  apply(2);
  ASSERT_TRUE(eventually(90s, [&] { return ready("aws-1") == 2; }));
  EXPECT_TRUE(empty(pool())) << "two fit the node that is there: " << pool().dump();

  apply(3);
  ASSERT_TRUE(eventually(120s, [&] { return ready("elastic-1") == 1; })) << pool().dump();
  EXPECT_EQ(pool()["running"], 1);
  EXPECT_DOUBLE_EQ(pool()["cost_per_hour"].get<double>(), 0.025);
  const auto table = fleet.command("starling get pools");
  EXPECT_NE(table.out.find("elastic"), std::string::npos) << table.out << table.err;
  const auto metrics = fleet.get(member, "/metrics").body;
  EXPECT_NE(metrics.find("starling_pool_nodes{pool=\"elastic\",state=\"running\"} 1"),
            std::string::npos);

  apply(1);
  ASSERT_TRUE(eventually(120s, [&] { return empty(pool()); })) << pool().dump();
  EXPECT_EQ(ready("aws-1"), 1);
  EXPECT_FALSE(std::filesystem::exists(fleet.data() + "/elastic-1"));

  apply(3);
  ASSERT_TRUE(eventually(120s, [&] { return ready("elastic-1") == 1; })) << "and again";
  std::ifstream in(fleet.data() + "/elastic-1/agent.pid");
  pid_t pid = 0;
  ASSERT_TRUE(in >> pid);
  EXPECT_FALSE(gone(pid));
  EXPECT_EQ(fleet.interrupt(), "exit code 0");
  EXPECT_TRUE(gone(pid)) << "nothing is left running";
}

}  // namespace
}  // namespace starling::system_test
