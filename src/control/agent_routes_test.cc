// What an agent tells its gateway: targets, limits, and what is left out of them.
#include "control/agent_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(AgentTest, RoutesAreToldOnceForEachChange) {
  const auto spec = owned_by("a");
  const auto first = all<SetRoutes>(specs({spec}));
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_THAT(first[0].routes.at(spec.name), IsEmpty()) << "known, but with no target yet";
  const auto id = with_replica(spec);
  const auto ready = all<SetRoutes>(run(10s));
  ASSERT_THAT(ready, SizeIs(1));
  ASSERT_THAT(ready[0].routes.at(spec.name), SizeIs(1));
  EXPECT_EQ(ready[0].routes.at(spec.name)[0], (RouteTarget{id, "10.0.0.1:80", 1}));
  agent_.on_replica_event({ReplicaEvent::Kind::kUnready, id, "", 0s, "probe failed"}, at(now_));
  const auto unready = all<SetRoutes>(run(11s));
  ASSERT_THAT(unready, SizeIs(1));
  EXPECT_THAT(unready[0].routes.at(spec.name), IsEmpty());
}

TEST_F(AgentTest, AReplicaThatNoGatewayWouldTakeKeepsNoOtherOutOfTheRoutes) {
  const auto spec = owned_by("a");
  const auto id = with_replica(spec);
  auto good = replica("m-b-1", spec, "b");
  std::vector<ReplicaStatus> told{good, good, good, good};
  told[1].id = "no address";
  told[1].address = "";
  told[2].id = "m-b-3";
  told[2].address = "10.0.0.2:80 weight 9";
  told[3].id = "m-b-4";
  told[3].concurrency = 0;
  agent_.on_message(heartbeat(node("b", "c1", "z1"), 1000, told), at(now_));
  const auto routes = all<SetRoutes>(run(10s)).at(0).routes.at(spec.name);
  ASSERT_THAT(routes, SizeIs(2));
  EXPECT_EQ(routes[0].replica, id);
  EXPECT_EQ(routes[1].replica, "m-b-1");
}

TEST_F(AgentTest, TheGatewayRejectsByTheMeasuredServiceTimeWhereTheModelAsksForIt) {
  auto spec = owned_by("a");
  spec.slo.latency = 1001ms;
  spec.admission = Admission::kReject;
  specs({spec});
  with_replica(spec);
  EXPECT_TRUE(all<SetRoutes>(run(4s)).back().limits.empty()) << "no service time is known yet";
  ModelTraffic traffic;
  traffic.model = spec.name;
  traffic.arrivals = 20;
  traffic.completed = 10;
  traffic.rejected = 10;
  traffic.service_count = 10;
  traffic.service_sum_s = 1;  // 100 ms each, all alike
  traffic.service_square_sum = 0.1;
  agent_.on_traffic({traffic}, at(4s), at(now_));
  const auto limited = all<SetRoutes>(run(8s));
  ASSERT_FALSE(limited.empty());
  // One is served, and nine departures fit into the rest of the SLO.
  EXPECT_EQ(limited.back().limits, (AdmissionLimits{{spec.name, AdmissionLimit{1 + 9, 1}}}));
  const auto beats = sent<Heartbeat>(run(9s));
  ASSERT_FALSE(beats.empty());
  EXPECT_EQ(beats.back().owned[0].arrival_rate, 20) << "what was rejected was demand all the same";
  EXPECT_EQ(beats.back().owned[0].slo_attainment, 0) << "none was within the SLO";

  spec.admission = Admission::kQueue;
  const auto off = all<SetRoutes>(specs({spec}));
  ASSERT_FALSE(off.empty());
  EXPECT_TRUE(off.back().limits.empty());
}

TEST_F(AgentTest, AReplicaLeavesTheRoutesBeforeItIsStopped) {
  const auto spec = owned_by("a");
  const auto id = with_replica(spec);
  run(4s);
  agent_.on_message(StopReplica{"a", spec.name, id, ""}, at(now_));
  const auto soon = run(5s);  // ticks at 4.0 … 4.9 s
  ASSERT_FALSE(all<SetRoutes>(soon).empty());
  EXPECT_THAT(all<SetRoutes>(soon)[0].routes.at(spec.name), IsEmpty());
  EXPECT_THAT(all<StopReplicaEffect>(soon), IsEmpty());
  const auto stops = all<StopReplicaEffect>(run(5100ms));
  ASSERT_THAT(stops, SizeIs(1));
  EXPECT_EQ(stops[0].id, id);
  EXPECT_EQ(stops[0].grace, 10s);
  EXPECT_TRUE(agent_.ledger().replicas().contains(id)) << "it holds its room until it has ended";
  agent_.on_replica_event({ReplicaEvent::Kind::kStopped, id, "", 0s, ""}, at(now_));
  EXPECT_FALSE(agent_.ledger().replicas().contains(id));
}

}  // namespace
}  // namespace starling
