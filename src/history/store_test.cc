// The history as a node lives with it: record, ask, restart, be killed, meet a second agent.
#include "history/store.h"

#include <gmock/gmock.h>
#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/child_process.h"
#include "base/file.h"

namespace starling::history {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const PlaceInfo kOwn{.cloud = "aws", .region = "eu-1", .zone = "eu-1a", .node = "n1"};
const TimePoint kStart = TimePoint{std::chrono::sys_days{std::chrono::May / 6 / 2024} + 12h};

UsageFact usage(const std::string& model, int second, std::int64_t arrivals) {
  UsageFact fact;
  fact.time = kStart + second * 1s;
  fact.model = {"demo", model, "1"};
  fact.arrivals = arrivals;
  fact.completed = arrivals;
  return fact;
}

class StoreTest : public testing::Test {
 protected:
  StoreTest() {
    char name[] = "/tmp/starling-history-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~StoreTest() override { std::filesystem::remove_all(folder_); }

  std::string path() const { return folder_ / "history.db"; }
  std::unique_ptr<Store> open(const StoreOptions& options = {}) {
    auto store = Store::open(path(), kOwn, options);
    if (!store) ADD_FAILURE() << store.error().message;
    return store ? std::move(*store) : nullptr;
  }
  static nlohmann::json ask(const Store& store, const std::string& sql) {
    const auto result = store.query(sql);
    EXPECT_TRUE(result) << sql << ": " << result.error().message;
    return result ? result->rows : nlohmann::json();
  }
  /// Runs one of the disabled tests below in a process of its own on this test's folder.
  ChildProcess child(const std::string& test) const {
    auto process =
        ChildProcess::spawn({.arguments = {std::filesystem::read_symlink("/proc/self/exe"),
                                           "--gtest_filter=StoreChild.DISABLED_" + test,
                                           "--gtest_also_run_disabled_tests"},
                             .environment = {"STARLING_TEST_FOLDER=" + folder_.string()},
                             .output = folder_ / "child.log",
                             .directory = {},
                             .cgroup_procs = {}});
    EXPECT_TRUE(process) << process.error().message;
    return std::move(*process);
  }

  std::filesystem::path folder_;
};

TEST_F(StoreTest, EveryKindOfFactComesBackWithItsDimensions) {
  auto store = open();
  ASSERT_TRUE(store);
  store->record(PlaceInfo{.cloud = "gcp", .region = "us-2", .zone = "us-2b", .node = "n2"});
  UsageFact seen = usage("digits", 61, 42);
  seen.node = "n2";
  seen.latency_p99_ms = 12.5;
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
  decision.guards_json = R"([{"guard":"max-replicas"}])";
  store->record(decision);

  PlacementFact placement;
  placement.time = kStart + 63s;
  placement.replica = "digits-1";
  placement.model = {"demo", "digits", "1"};
  placement.event = PlacementFact::Event::kReady;
  placement.cold_start_s = 1.75;
  store->record(placement);
  ASSERT_TRUE(store->flush());

  EXPECT_EQ(ask(*store,
                "SELECT time, minute, day, week, tenant, model, version, cloud, zone, node, "
                "arrivals, latency_p50_ms, latency_p99_ms FROM usage")
                .dump(),
            R"([["2024-05-06T12:01:01Z","2024-05-06T12:01:00Z","2024-05-06","2024-05-06","demo",)"
            R"("digits","1","gcp","us-2b","n2",42,null,12.5]])");
  EXPECT_EQ(
      ask(*store, "SELECT time, q05, q50, q99, node FROM forecast ORDER BY time").dump(),
      R"([["2024-05-06T12:01:01Z",35.0,40.0,46.0,"n1"],["2024-05-06T12:01:02Z",0.0,0.0,0.0,"n1"]])");
  EXPECT_EQ(ask(*store, "SELECT desired, current, reason, guards->0->>'guard', cloud FROM decision")
                .dump(),
            R"([[3,2,"it's \"40\" a second","max-replicas","aws"]])");
  EXPECT_EQ(ask(*store, "SELECT replica, event, cold_start_s FROM placement").dump(),
            R"([["digits-1","ready",1.75]])");
  EXPECT_EQ(ask(*store, "SELECT actual_rate, error, covered FROM forecast_error").dump(),
            R"([[42.0,-2.0,true]])");
}

TEST_F(StoreTest, RollsUpByAnyDimension) {
  auto store = open();
  ASSERT_TRUE(store);
  for (int second = 0; second < 120; ++second) {
    store->record(usage("a", second, 1));
    store->record(usage("b", second, 2));
  }
  ASSERT_TRUE(store->flush());
  EXPECT_EQ(ask(*store, "SELECT minute, model, sum(arrivals) FROM usage GROUP BY ALL ORDER BY ALL")
                .dump(),
            R"([["2024-05-06T12:00:00Z","a",60],["2024-05-06T12:00:00Z","b",120],)"
            R"(["2024-05-06T12:01:00Z","a",60],["2024-05-06T12:01:00Z","b",120]])");
  EXPECT_EQ(ask(*store,
                "SELECT cloud, model, sum(arrivals) FROM usage GROUP BY CUBE (cloud, model) "
                "ORDER BY ALL NULLS LAST")
                .dump(),
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
  EXPECT_EQ(ask(*store, "SELECT model, count(*) FROM usage GROUP BY ALL ORDER BY ALL").dump(),
            R"([["a",3],["new-0",1],["new-1",1],["new-2",1]])");
  EXPECT_EQ(ask(*store, "SELECT count(*) FROM dim_place").dump(), "[[1]]");
}

TEST_F(StoreTest, FullQueueShedsUsageAndCountsIt) {
  auto store = open({.queue_rows_max = 100, .batch_rows = 1'000'000, .batch_time = 1h});
  ASSERT_TRUE(store);
  DecisionFact decision;
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
  EXPECT_EQ(ask(*store, "SELECT count(*) FROM usage")[0][0], 4000 - stats.usage_rows_shed);
  EXPECT_EQ(ask(*store, "SELECT count(*) FROM decision").dump(), "[[1]]");
}

TEST_F(StoreTest, ASecondProcessIsToldWhoOwnsTheFile) {
  auto store = open();
  ASSERT_TRUE(store);
  ChildProcess second = child("SecondOwner");
  while (second.running()) std::this_thread::sleep_for(5ms);
  EXPECT_EQ(second.ended(), "exit code 0");
  const auto message = read_file(folder_ / "message");
  ASSERT_TRUE(message) << message.error().message;
  EXPECT_THAT(*message, AllOf(HasSubstr(path()), HasSubstr("another agent owns")));
}

TEST_F(StoreTest, KilledWriterLosesNothingThatWasFlushed) {
  ChildProcess writer = child("Writer");
  // The child notes the number of rows after each flush; kill it in the middle of its work.
  const auto flushed = [&] {
    const auto text = read_file(folder_ / "flushed");
    return text ? std::atoll(text->c_str()) : 0;
  };
  while (writer.running() && flushed() < 3000) std::this_thread::sleep_for(1ms);
  ASSERT_TRUE(writer.running()) << "the writer ended by itself: " << *writer.ended();
  writer.signal(SIGKILL);
  while (writer.running()) std::this_thread::sleep_for(1ms);

  auto store = open();
  ASSERT_TRUE(store);
  const auto rows = ask(*store,
                        "SELECT count(*), count(DISTINCT time), max(time) = min(time) + "
                        "to_seconds(count(*) - 1) FROM usage");
  EXPECT_GE(rows[0][0], flushed());
  EXPECT_EQ(rows[0][0], rows[0][1]) << "rows are there twice";
  EXPECT_EQ(rows[0][2], true) << "a hole among the rows";
  EXPECT_EQ(rows[0][0].get<std::int64_t>() % 100, 0) << "half a batch is there";
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

std::filesystem::path child_folder() {
  const char* folder = std::getenv("STARLING_TEST_FOLDER");
  return folder == nullptr ? "" : folder;
}

// The other process of the tests above.
TEST(StoreChild, DISABLED_SecondOwner) {
  const auto folder = child_folder();
  if (folder.empty()) GTEST_SKIP() << "runs only as a child of another test";
  const auto store = Store::open(folder / "history.db", kOwn);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kConflict);
  ASSERT_TRUE(write_file_atomically(folder / "message", store.error().message));
}

TEST(StoreChild, DISABLED_Writer) {
  const auto folder = child_folder();
  if (folder.empty()) GTEST_SKIP() << "runs only as a child of another test";
  // Batches are cut by flush() alone, so each holds exactly 100 rows.
  const auto store =
      Store::open(folder / "history.db", kOwn, {.batch_rows = 1'000'000, .batch_time = 1h});
  ASSERT_TRUE(store) << store.error().message;
  for (int batch = 0; batch < 1'000'000; ++batch) {
    for (int i = 0; i < 100; ++i) (*store)->record(usage("a", batch * 100 + i, 1));
    ASSERT_TRUE((*store)->flush());
    ASSERT_TRUE(write_file_atomically(folder / "flushed", std::to_string((batch + 1) * 100)));
  }
}

}  // namespace
}  // namespace starling::history
