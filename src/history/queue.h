// The bounded queue between the agent's threads and the history's writer.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <variant>

#include "base/clock.h"
#include "base/result.h"
#include "history/facts.h"

namespace starling::history {

/// Everything but usage, which has a queue of its own because it alone may be shed lightly.
using Event = std::variant<PlaceInfo, DemandFact, ForecastFact, DecisionFact, ShadowFact, BidFact,
                           PlacementFact, CostFact, HealthFact>;

struct Batch {
  std::deque<UsageFact> usage;
  std::deque<Event> events;
  std::int64_t rows = 0;          // table rows that these make
  std::uint64_t last_ticket = 0;  // of everything that was pushed before the batch was taken
  bool empty() const { return usage.empty() && events.empty(); }
};

struct Shed {
  std::int64_t usage_rows = 0;
  std::int64_t event_rows = 0;
};

/// Holds at most `rows_max` table rows (a usage sample is one and one a latency bucket, a forecast
/// one a step). When full it drops the oldest
/// usage samples; only where none are left, the oldest of the rest. push() never waits for the
/// writer. Thread safe.
class FactQueue {
 public:
  explicit FactQueue(std::int64_t rows_max) : rows_max_(rows_max) {}

  void push(UsageFact fact);
  void push(Event event);

  /// Everything that is queued. Waits until `rows_wanted` rows are there, `wait` is over, or
  /// somebody is in a hurry. Also what a closed queue still holds; then never waits.
  Batch take(std::int64_t rows_wanted, Duration wait);

  /// The writer shall come at once; the ticket names the last thing pushed before.
  std::uint64_t hurry();
  void close();
  bool closed() const;
  std::int64_t rows() const;
  Shed shed() const;

 private:
  void make_room(std::int64_t rows);

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  const std::int64_t rows_max_;
  std::deque<UsageFact> usage_;
  std::deque<Event> events_;
  std::int64_t rows_ = 0;
  std::int64_t rows_wanted_ = 0;
  std::uint64_t tickets_ = 0;
  bool hurry_ = false;
  bool closed_ = false;
  Shed shed_;
};

}  // namespace starling::history
