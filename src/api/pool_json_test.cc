// Pools over HTTP and as metrics: the word of the node that decides, whoever is asked.
#include "api/pool_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/metrics.h"

namespace starling {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

FleetView fleet() {
  FleetView view;
  for (const char* name : {"a", "b", "c"}) {
    Member member;
    member.last.node.name = name;
    PoolSummary pool;
    pool.name = "burst";
    member.last.pools = {pool};
    view.members.push_back(member);
  }
  auto& deciding = view.members[1].last.pools[0];
  deciding.decides = true;
  deciding.max = 5;
  deciding.pending = 1;
  deciding.running = 2;
  deciding.price_per_hour = 0.5;
  deciding.error = "list: no answer";
  return view;
}

TEST(PoolJson, TheNodeThatDecidesIsBelieved) {
  auto view = fleet();
  const auto pools = pools_json(view);
  ASSERT_EQ(pools.size(), 1u);
  EXPECT_EQ(pools[0]["decider"], "b");
  EXPECT_EQ(pools[0]["running"], 2);
  EXPECT_DOUBLE_EQ(pools[0]["cost_per_hour"].get<double>(), 1.5);
  EXPECT_TRUE(pools[0]["budget_per_hour"].is_null());
  view.members[1].state = MemberState::kDead;
  EXPECT_TRUE(pools_json(view)[0]["decider"].is_null()) << "the dead decide nothing";
}

TEST(PoolJson, APoolHasMetricsOfItsNameAndOthersHaveNone) {
  auto view = fleet();
  const auto text = prometheus_text(view, {});
  EXPECT_THAT(text, HasSubstr(R"(starling_pool_nodes{pool="burst",state="running"} 2)"));
  EXPECT_THAT(text, HasSubstr(R"(starling_pool_cost_per_hour{pool="burst"} 1.5)"));
  EXPECT_THAT(text, HasSubstr(R"(starling_pool_provider_failing{pool="burst"} 1)"));
  for (auto& member : view.members) member.last.pools.clear();
  EXPECT_THAT(prometheus_text(view, {}), Not(HasSubstr("pool_")));
}

}  // namespace
}  // namespace starling
