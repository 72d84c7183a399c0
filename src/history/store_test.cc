// The history as a node lives with it: record, ask, restart, meet a second agent.
#include "history/store.h"

#include <atomic>
#include <fstream>
#include <thread>

#include "base/file.h"
#include "history/store_for_tests.h"

namespace starling::history {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class StoreTest : public StoreFixture {};

TEST_F(StoreTest, EveryKindOfFactComesBackWithItsDimensions) {
  auto store = open();
  ASSERT_TRUE(store);
  store->record(PlaceInfo{.cloud = "gcp", .region = "us-2", .zone = "us-2b", .node = "n2"});
  UsageFact seen = usage("digits", 61, 42);
  seen.node = "n2";
  seen.within_slo = 41;
  seen.latency.add(0.0125, 42);
  store->record(seen);

  ForecastFact forecast;
  forecast.origin = kStart + 61s;
  forecast.model = {"demo", "digits", "1"};
  forecast.method = "ses";
  forecast.steps.resize(2);
  for (std::size_t i = 0; i < 12; ++i) forecast.steps[0][i] = 35.0 + static_cast<double>(i);
  store->record(forecast);

  DecisionFact decision;
  decision.time = kStart + 62s;
  decision.model = {"demo", "digits", "1"};
  decision.policy = "predictive";
  decision.desired = 3;
  decision.current = 2;
  decision.reason = "it's \"40\" a second";
  decision.expert = "ses";
  decision.expert_share = 0.75;
  decision.service_mean_s = 0.25;
  decision.service_scv = 0.5;
  decision.occupied_s = 0.375;
  decision.guards_json = R"([{"guard":"max-replicas"}])";
  store->record(decision);

  PlacementFact placement;
  placement.time = kStart + 63s;
  placement.replica = "digits-1";
  placement.model = {"demo", "digits", "1"};
  placement.event = PlacementFact::Event::kReady;
  placement.cold_start_s = 1.75;
  store->record(placement);
  BidFact bid;
  bid.time = kStart + 62s;
  bid.model = {"demo", "digits", "1"};
  bid.node = "n3";
  bid.owner = "n1";
  bid.offered = 2;
  bid.price_per_hour = 0.012;
  bid.note = "dearer";
  store->record(bid);

  CostFact cost;
  cost.time = kStart + 60s;
  cost.model = {"demo", "digits", "1"};
  cost.replica_seconds = 20;
  cost.cost = 0.25;
  store->record(cost);

  HealthFact health;
  health.time = kStart + 60s;
  health.cpu_capacity = 8;
  health.disk_free_bytes = 1 << 30;
  store->record(health);
  ASSERT_TRUE(store->flush());

  EXPECT_EQ(ask(*store, "SELECT node, owner, offered, price_per_hour, note, cloud FROM bid"),
            R"([["n3","n1",2,0.012,"dearer",""]])");
  EXPECT_EQ(ask(*store, "SELECT model, node, replica_seconds, cost, seconds FROM cost"),
            R"([["digits","n1",20.0,0.25,10.0]])");
  EXPECT_EQ(ask(*store,
                "SELECT node, cloud, cpu_capacity, specs_age_s, disk_free_bytes, hour_of_day, "
                "weekday FROM health"),
            R"([["n1","aws",8.0,null,1073741824,12,1]])");
  EXPECT_EQ(ask(*store,
                "SELECT minute, hour, day, week, hour_of_day, weekday FROM dim_time "
                "ORDER BY minute"),
            R"([["2024-05-06T12:00:00Z","2024-05-06T12:00:00Z","2024-05-06T00:00:00Z",)"
            R"("2024-05-06T00:00:00Z",12,1],["2024-05-06T12:01:00Z","2024-05-06T12:00:00Z",)"
            R"("2024-05-06T00:00:00Z","2024-05-06T00:00:00Z",12,1]])");
  EXPECT_EQ(ask(*store,
                "SELECT time, minute, day, week, tenant, model, version, cloud, zone, node, "
                "arrivals, within_slo, latency_sum_ms, seconds FROM usage"),
            R"([["2024-05-06T12:01:01Z","2024-05-06T12:01:00Z","2024-05-06","2024-05-06","demo",)"
            R"("digits","1","gcp","us-2b","n2",42,41,525.0,1.0]])");
  EXPECT_EQ(
      ask(*store, "SELECT time, q05, q50, q99, node FROM forecast ORDER BY time"),
      R"([["2024-05-06T12:01:01Z",35.0,40.0,46.0,"n1"],["2024-05-06T12:01:02Z",0.0,0.0,0.0,"n1"]])");
  EXPECT_EQ(ask(*store,
                "SELECT desired, current, reason, guards->0->>'guard', cloud, "
                "expert, expert_share, service_mean_s, service_scv, occupied_s FROM decision"),
            R"([[3,2,"it's \"40\" a second","max-replicas","aws","ses",0.75,0.25,0.5,0.375]])");
  EXPECT_EQ(ask(*store, "SELECT replica, event, cold_start_s FROM placement"),
            R"([["digits-1","ready",1.75]])");
}

TEST_F(StoreTest, RollsUpByAnyDimension) {
  auto store = open();
  ASSERT_TRUE(store);
  for (int second = 0; second < 120; ++second) {
    store->record(usage("a", second, 1));
    store->record(usage("b", second, 2));
  }
  ASSERT_TRUE(store->flush());
  EXPECT_EQ(ask(*store, "SELECT minute, model, sum(arrivals) FROM usage GROUP BY ALL ORDER BY ALL"),
            R"([["2024-05-06T12:00:00Z","a",60],["2024-05-06T12:00:00Z","b",120],)"
            R"(["2024-05-06T12:01:00Z","a",60],["2024-05-06T12:01:00Z","b",120]])");
  EXPECT_EQ(ask(*store,
                "SELECT cloud, model, sum(arrivals) FROM usage GROUP BY CUBE (cloud, model) "
                "ORDER BY ALL NULLS LAST"),
            R"([["aws","a",120],["aws","b",240],["aws",null,360],[null,"a",120],[null,"b",240],)"
            R"([null,null,360]])");
}

TEST_F(StoreTest, ClosingWritesWhatIsQueuedAndKeysSurviveARestart) {
  for (int run = 0; run < 3; ++run) {
    auto store = open({.batch_time = 1h});
    ASSERT_TRUE(store);
    store->record(usage("a", run, 1));
    store->record(usage("new-" + std::to_string(run), run, 1));
  }
  auto store = open();
  ASSERT_TRUE(store);
  EXPECT_EQ(ask(*store, "SELECT model, count(*) FROM usage GROUP BY ALL ORDER BY ALL"),
            R"([["a",3],["new-0",1],["new-1",1],["new-2",1]])");
  EXPECT_EQ(ask(*store, "SELECT count(*) FROM dim_place"), "[[1]]");
}

TEST_F(StoreTest, ShadowsAreReadBackBesideTheActingPolicy) {
  auto store = open();
  ShadowFact acting;
  acting.time = kStart;
  acting.model = {"demo", "digits", "1"};
  acting.policy = "predictive";
  acting.acting = true;
  acting.wished = 3;
  acting.ready = 2;
  acting.replica_seconds = 6;
  acting.arrivals = 40;
  acting.missed_estimate = 0.5;
  acting.missed = 1;
  ShadowFact shadow = acting;
  shadow.policy = "hpa";
  shadow.acting = false;
  shadow.wished = 5;
  shadow.missed.reset();
  store->record(acting);
  store->record(shadow);
  ASSERT_TRUE(store->flush());
  EXPECT_EQ(ask(*store,
                "SELECT policy, acting, wished, ready, replica_seconds, arrivals, "
                "missed_estimate, missed, model, node FROM shadow ORDER BY acting"),
            R"([["hpa",false,5,2,6.0,40.0,0.5,null,"digits","n1"],)"
            R"(["predictive",true,3,2,6.0,40.0,0.5,1.0,"digits","n1"]])");
}

TEST_F(StoreTest, FullQueueShedsUsageAndCountsIt) {
  auto store = open({.queue_rows_max = 100, .batch_rows = 1'000'000, .batch_time = 1h});
  ASSERT_TRUE(store);
  DecisionFact decision;
  decision.time = kStart;
  decision.model = {"demo", "a", "1"};
  store->record(decision);
  std::atomic<int> recorded{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i, ++recorded) store->record(usage("a", i, 1));
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(store->flush());
  const StoreStats stats = store->stats();
  EXPECT_GT(stats.usage_rows_shed, 0);
  EXPECT_EQ(stats.event_rows_shed, 0);
  EXPECT_EQ(stats.rows_written + stats.usage_rows_shed, recorded + 1);
  EXPECT_EQ(ask(*store, "SELECT count(*) FROM usage"),
            fmt::format("[[{}]]", 4000 - stats.usage_rows_shed));
  EXPECT_EQ(ask(*store, "SELECT count(*) FROM decision"), "[[1]]");
}

TEST_F(StoreTest, ASecondProcessIsToldWhoOwnsTheFile) {
  auto store = open();
  ASSERT_TRUE(store);
  ChildProcess second = child("StoreChild.DISABLED_SecondOwner");
  while (second.running()) std::this_thread::sleep_for(5ms);
  EXPECT_TRUE(second.ended()->success());
  const auto message = read_file(folder_ / "message");
  ASSERT_TRUE(message) << message.error().message;
  EXPECT_THAT(*message, AllOf(HasSubstr(path()), HasSubstr("another agent owns")));
}

TEST_F(StoreTest, OtherFilesAndOtherVersionsAreRefusedByName) {
  std::ofstream(path()) << "no database, but a text of some length, so that it is not empty";
  auto store = Store::open(path(), kOwn);
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().message, HasSubstr(path()));
  store = Store::open(folder_ / "absent" / "history.db", kOwn);
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().message, HasSubstr("absent"));
}

// The other process of the test above.
TEST(StoreChild, DISABLED_SecondOwner) {
  const auto folder = child_folder();
  if (folder.empty()) GTEST_SKIP() << "runs only as a child of another test";
  const auto store = Store::open(folder / "history.db", kOwn);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kConflict);
  ASSERT_TRUE(write_file_atomically(folder / "message", store.error().message));
}

}  // namespace
}  // namespace starling::history
