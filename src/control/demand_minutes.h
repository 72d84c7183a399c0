// One model's demand of the last week, minute by minute: what a forecast reads of yesterday and of
// last week.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

namespace starling {

/// Minutes are numbered from 1970. Takes eight bytes a minute.
class DemandMinutes {
 public:
  /// A week, and the hour around the same time a week ago.
  static constexpr std::int64_t kMinutesKept = 7 * 24 * 60 + 60;

  struct Minute {
    float arrivals = 0;              // in its known seconds
    std::uint8_t known_seconds = 0;  // at most 60
    bool operator==(const Minute&) const = default;
  };

  /// Adds seconds that belong to the minute. One older than all that is kept is left out.
  void add(std::int64_t minute, double arrivals, int seconds);
  /// The minute; of an unrecorded one no second is known.
  Minute at(std::int64_t minute) const;
  /// Takes over minutes from elsewhere, `first` and the following, that are known better there.
  void take_over(std::int64_t first, const std::vector<Minute>& minutes);
  std::vector<Minute> all() const { return {minutes_.begin(), minutes_.end()}; }
  bool empty() const { return minutes_.empty(); }
  /// The oldest one recorded; meaningless while empty.
  std::int64_t first() const { return first_; }

 private:
  std::int64_t first_ = 0;
  std::deque<Minute> minutes_;
};

}  // namespace starling
