// What is forgotten, in which order, and what never is.
#include "history/retention.h"

#include "history/store_for_tests.h"

namespace starling::history {
namespace {

class RetentionTest : public StoreFixture {
 protected:
  /// `hours` of one sample a minute, then two days of silence but for the node's health.
  static void fill(Store& store, int hours) {
    for (int minute = 0; minute < hours * 60; ++minute) {
      UsageFact fact = usage("a", minute * 60, 1);
      fact.latency.add(0.01);
      store.record(fact);
    }
    ASSERT_TRUE(store.flush());
  }
  static void pass(Store& store, Duration since_start) {
    HealthFact fact;
    fact.time = kStart + since_start;
    store.record(fact);
    ASSERT_TRUE(store.flush());
  }
};

TEST_F(RetentionTest, EachTierForgetsAtItsOwnAge) {
  auto store = open({.retention = {.raw_age = 2h, .minute_age = 4h, .hour_age = 6h}});
  DecisionFact decision;
  decision.time = kStart;
  decision.model = {"demo", "a", "1"};
  store->record(decision);
  fill(*store, 8);
  pass(*store, 8h + 10min);
  EXPECT_EQ(ask(*store, "SELECT min(time) FROM usage"), R"([["2024-05-06T18:10:00Z"]])");
  EXPECT_EQ(ask(*store, "SELECT min(time) FROM latency"), R"([["2024-05-06T18:10:00Z"]])");
  EXPECT_EQ(ask(*store, "SELECT min(time) FROM usage_minute"), R"([["2024-05-06T16:10:00Z"]])");
  EXPECT_EQ(ask(*store, "SELECT min(time) FROM usage_hour"), R"([["2024-05-06T15:00:00Z"]])");
  EXPECT_EQ(ask(*store, "SELECT count(*) FROM decision"), "[[1]]") << "events have an age of days";
}

TEST_F(RetentionTest, AMinuteOfTheTimeDimensionStaysAsLongAsARowMayNeedIt) {
  auto store =
      open({.retention = {.raw_age = 2h, .minute_age = 4h, .hour_age = 48h, .event_age = 4h}});
  fill(*store, 8);
  pass(*store, 31h);
  EXPECT_EQ(ask(*store,
                "SELECT count(*) FROM usage_hour u LEFT JOIN dim_time t ON t.minute = "
                "u.time WHERE t.minute IS NULL"),
            "[[0]]");
  EXPECT_EQ(ask(*store, "SELECT count(*) FROM dim_time WHERE minute <> hour"), "[[0]]");
  store->record(usage("a", 61, 1));  // a minute that was forgotten comes back with its fact
  ASSERT_TRUE(store->flush());
  EXPECT_EQ(ask(*store, "SELECT count(*) FROM dim_time WHERE minute <> hour"), "[[1]]");
}

TEST_F(RetentionTest, AModelStaysAsLongAsARowNamesIt) {
  auto store =
      open({.retention = {.raw_age = 2h, .minute_age = 4h, .hour_age = 6h, .event_age = 4h}});
  UsageFact second = usage("a", 1800, 7);
  second.model.version = "2";
  store->record(second);
  fill(*store, 1);
  EXPECT_EQ(ask(*store, "SELECT model_id, version FROM dim_model ORDER BY 1"),
            R"([[1,"2"],[2,"1"]])");
  second.time = kStart + 20h;  // hours are kept for six: nothing is left of version 1
  store->record(second);
  ASSERT_TRUE(store->flush());
  EXPECT_EQ(ask(*store, "SELECT model_id, version FROM dim_model"), R"([[1,"2"]])");
  store->record(usage("a", 20 * 3600, 9));  // it comes back under another key
  ASSERT_TRUE(store->flush());
  EXPECT_EQ(ask(*store, "SELECT version, arrivals FROM usage ORDER BY 1"), R"([["1",9],["2",7]])");
  EXPECT_EQ(ask(*store, "SELECT model_id, version FROM dim_model ORDER BY 1"),
            R"([[1,"2"],[3,"1"]])");
}

TEST_F(RetentionTest, AFullFileGivesUpTheOldestSecondsFirstAndNeverTheNewestHour) {
  auto store = open({.retention = {.bytes_max = -1}});  // any file is too large
  fill(*store, 6);
  pass(*store, 6h + 10min);
  EXPECT_EQ(ask(*store, "SELECT min(time) FROM usage"), R"([["2024-05-06T17:10:00Z"]])");
  EXPECT_EQ(ask(*store, "SELECT min(time) >= TIMESTAMP '2024-05-06 17:00:00' FROM usage_minute"),
            "[[true]]");
  EXPECT_EQ(ask(*store, "SELECT sum(arrivals) FROM usage"), "[[50]]");
  EXPECT_EQ(ask(*store, "SELECT min(time) FROM usage_hour"), R"([["2024-05-06T17:00:00Z"]])")
      << "it holds a part of the newest hour";
}

TEST_F(RetentionTest, AFileWithinItsLimitKeepsEverything) {
  auto store = open();
  fill(*store, 6);
  pass(*store, 6h + 10min);
  EXPECT_EQ(ask(*store, "SELECT sum(arrivals) FROM usage"), "[[360]]");
}

}  // namespace
}  // namespace starling::history
