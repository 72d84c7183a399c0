// The bound of the queue: what is dropped first, what is counted, and that nobody waits.
#include "history/queue.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <thread>

namespace starling::history {
namespace {

UsageFact arrived(std::int64_t arrivals) {
  UsageFact fact;
  fact.arrivals = arrivals;
  return fact;
}

ForecastFact forecast(std::size_t steps) {
  ForecastFact fact;
  fact.steps.resize(steps);
  return fact;
}

TEST(FactQueueTest, ShedsTheOldestUsageAndKeepsDecisions) {
  FactQueue queue(4);
  queue.push(Event(DecisionFact{}));
  for (int i = 0; i < 10; ++i) queue.push(arrived(i));
  const Batch batch = queue.take(1, Duration{0});
  EXPECT_EQ(batch.events.size(), 1u);
  ASSERT_EQ(batch.usage.size(), 3u);
  EXPECT_EQ(batch.usage.front().arrivals, 7);
  EXPECT_EQ(batch.usage.back().arrivals, 9);
  EXPECT_EQ(queue.shed().usage_rows, 7);
  EXPECT_EQ(queue.shed().event_rows, 0);
}

TEST(FactQueueTest, AForecastCountsOneRowAStep) {
  FactQueue queue(10);
  for (int i = 0; i < 5; ++i) queue.push(arrived(i));
  queue.push(Event(forecast(8)));
  EXPECT_EQ(queue.shed().usage_rows, 3);
  queue.push(Event(forecast(11)));  // can never fit
  EXPECT_EQ(queue.shed().event_rows, 11);
  EXPECT_EQ(queue.take(1, Duration{0}).rows, 10);
}

// Nothing vanishes uncounted, and the bound holds after every push.
RC_GTEST_PROP(FactQueueTest, EveryRowIsTakenOrCounted, (std::vector<std::uint8_t> pushes)) {
  FactQueue queue(20);
  std::int64_t pushed = 0;
  std::int64_t taken = 0;
  for (const std::uint8_t push : pushes) {
    if (push % 8 == 0) {
      const Batch batch = queue.take(0, Duration{0});
      RC_ASSERT(batch.rows <= 20);
      taken += batch.rows;
    } else if (push % 2 == 0) {
      const std::size_t steps = push % 25;
      queue.push(Event(forecast(steps)));
      pushed += static_cast<std::int64_t>(steps);
    } else {
      queue.push(arrived(push));
      ++pushed;
    }
  }
  taken += queue.take(0, Duration{0}).rows;
  RC_ASSERT(pushed == taken + queue.shed().usage_rows + queue.shed().event_rows);
}

TEST(FactQueueTest, HurryAndCloseWakeTheWriter) {
  FactQueue queue(10);
  std::thread hurrier([&] { queue.hurry(); });
  queue.take(5, 1h);
  hurrier.join();
  std::thread closer([&] { queue.close(); });
  queue.take(5, 1h);
  closer.join();
  EXPECT_TRUE(queue.closed());
}

}  // namespace
}  // namespace starling::history
