// A writer that is killed at any moment, in the middle of a batch, a roll-up or a deletion: the
// file opens again, holds every batch that was reported written, and its tiers still say what its
// facts say.
#include <signal.h>
#include <sys/resource.h>

#include <fstream>
#include <limits>
#include <thread>

#include "base/file.h"
#include "base/rng.h"
#include "history/store_for_tests.h"

namespace starling::history {
namespace {

constexpr int kKills = 50;
constexpr int kBatch = 100;  // rows, and seconds

// Forgets often: a batch is 100 s of data.
StoreOptions options() {
  return {.batch_rows = 1'000'000,  // batches are cut by flush() alone
          .batch_time = 1h,
          .threads = 1,
          .retention = {.raw_age = 2h, .minute_age = 6h, .hour_age = 24h}};
}

class DurabilityTest : public StoreFixture {
 protected:
  /// The seconds, counted from kStart, of which the child has said that they are on disk.
  std::int64_t flushed() const {
    const auto text = read_file(folder_ / "flushed");
    return text ? std::atoll(text->c_str()) : 0;
  }
};

TEST_F(DurabilityTest, FiftyKillsLoseNothingThatWasReportedWritten) {
  Rng rng(7);
  for (int kill = 0; kill < kKills; ++kill) {
    const std::int64_t before = flushed();
    ChildProcess writer = child("DurabilityChild.DISABLED_Writer");
    while (writer.running() && flushed() < before + 2 * kBatch) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(std::chrono::microseconds(rng.below(20'000)));
    ASSERT_TRUE(writer.running()) << "the writer ended by itself: " << writer.ended()->text()
                                  << "\n"
                                  << read_file(folder_ / "child.log").value_or("");
    writer.signal(SIGKILL);
    while (writer.running()) std::this_thread::sleep_for(1ms);

    const auto store = open(options());
    const auto raw = store->query(
        "SELECT count(*), count(DISTINCT time), date_diff('second', min(time), max(time)) + 1, "
        "date_diff('second', TIMESTAMP '2024-05-06 12:00:00', max(time)) + 1 FROM usage");
    ASSERT_TRUE(raw) << raw.error().message;
    const auto& row = raw->rows[0];
    EXPECT_EQ(row[0], row[1]) << "rows are there twice";
    EXPECT_EQ(row[0], row[2]) << "a hole among the rows";
    EXPECT_GE(row[3].get<std::int64_t>(), flushed());
    EXPECT_EQ(row[3].get<std::int64_t>() % kBatch, 0) << "half a batch is there";
    // Each closed minute has its sixty seconds once, each closed hour its sixty minutes.
    EXPECT_EQ(ask(*store,
                  "SELECT count(*) FROM (SELECT minute, sum(arrivals) AS n, sum(seconds) "
                  "AS s FROM usage_minute GROUP BY ALL) WHERE n <> 60 OR s <> 60"),
              "[[0]]");
    EXPECT_EQ(ask(*store,
                  "SELECT count(*) FROM (SELECT hour, sum(arrivals) AS n FROM usage_hour "
                  "GROUP BY ALL) WHERE n <> 3600"),
              "[[0]]");
    EXPECT_EQ(ask(*store,
                  "SELECT count(*) FROM (SELECT minute, sum(count) AS n FROM "
                  "latency_minute GROUP BY ALL) WHERE n <> 60"),
              "[[0]]");
    if (HasFailure()) FAIL() << "after kill " << kill + 1;
  }
  const auto store = open(options());
  EXPECT_EQ(ask(*store, "SELECT count(*) > 0 FROM usage_hour"), "[[true]]") << "hours too";
  EXPECT_EQ(ask(*store, "SELECT min(time) > TIMESTAMP '2024-05-06 12:00:00' FROM usage"),
            "[[true]]")
      << "and rows forgotten";
}

/// While it lives, no file of this process may grow beyond so many bytes: writes fail as they do on
/// a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(std::uint64_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

/// One row a second and one request in it, on disk or an error.
Status record(Store& store, std::int64_t from, std::int64_t to) {
  for (std::int64_t second = from; second < to; ++second) {
    UsageFact fact = usage("a", second, 1);
    fact.latency.add(0.01);
    store.record(fact);
  }
  return store.flush();
}

TEST_F(DurabilityTest, ALogThatCannotBeWrittenCostsTheFactsOfThatTimeAlone) {
  StoreOptions quick = options();
  quick.batch_time = 10ms;
  const auto store = open(quick);
  ASSERT_TRUE(record(*store, 0, 1000));
  {
    const FileSizeLimit full(std::filesystem::file_size(path() + ".wal") + 100);
    EXPECT_FALSE(record(*store, 1000, 2000));
    EXPECT_THAT(store->stats().last_error, testing::HasSubstr("File too large"));
    EXPECT_FALSE(record(*store, 2000, 3000));
  }
  const Status after = record(*store, 3000, 4000);
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(store->stats().last_error, "");
  EXPECT_EQ(store->stats().rows_lost, 4000) << "of usage and of latency";
  const std::string kept =
      "SELECT count(*), count(DISTINCT time), "
      "count(*) FILTER (time < TIMESTAMP '2024-05-06 12:16:40') FROM usage";
  EXPECT_EQ(ask(*store, kept), "[[2000,2000,1000]]");
}

TEST_F(DurabilityTest, ClosingEmptiesTheLogWhereThereIsRoom) {
  const std::string log = path() + ".wal";
  {
    const auto store = open(options());
    ASSERT_TRUE(record(*store, 0, 100));
    ASSERT_GT(std::filesystem::file_size(log), 0u);
  }
  EXPECT_FALSE(std::filesystem::exists(log));
  StoreOptions cautious = options();
  {
    const auto store = open(options());
    ASSERT_TRUE(record(*store, 100, 200));
  }
  cautious.free_bytes_min = std::numeric_limits<std::int64_t>::max();
  cautious.free_share_min = 1;
  EXPECT_EQ(ask(*open(cautious), "SELECT count(*) FROM usage"), "[[200]]");
}

TEST_F(DurabilityTest, NothingIsWrittenToADiskThatIsNearlyFull) {
  StoreOptions cautious = options();
  cautious.batch_time = 1ms;
  cautious.free_bytes_min = std::numeric_limits<std::int64_t>::max();
  cautious.free_share_min = 1;
  const auto store = open(cautious);
  const Status status = record(*store, 0, 100);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(status.error().message,
              testing::AllOf(testing::HasSubstr(folder_.string()), testing::HasSubstr("MiB free"),
                             testing::HasSubstr("make room")));
  EXPECT_EQ(ask(*store, "SELECT count(*) FROM usage"), "[[0]]");
}

// The process that is killed: goes on where the file ends.
TEST(DurabilityChild, DISABLED_Writer) {
  const auto folder = child_folder();
  if (folder.empty()) GTEST_SKIP() << "runs only as a child of another test";
  const auto store = Store::open(folder / "history.db", kOwn, options());
  ASSERT_TRUE(store) << store.error().message;
  const auto last = (*store)->query(
      "SELECT coalesce(date_diff('second', TIMESTAMP '2024-05-06 12:00:00', max(time)) + 1, 0) "
      "FROM usage");
  ASSERT_TRUE(last) << last.error().message;
  for (auto second = last->rows[0][0].get<std::int64_t>();; second += kBatch) {
    ASSERT_TRUE(record(**store, second, second + kBatch));
    std::ofstream(folder / "flushed.new") << second + kBatch;
    std::filesystem::rename(folder / "flushed.new", folder / "flushed");
  }
}

}  // namespace
}  // namespace starling::history
