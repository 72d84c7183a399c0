// A bound on the time that statements of one connection may take.
#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "base/clock.h"
#include "sql/database.h"

namespace starling::sql {

/// Interrupts the connection once its time is over, or `stop` is requested; what runs then fails.
/// Must not outlive the connection.
class Deadline {
 public:
  Deadline(Connection& connection, Duration time_max, std::stop_token stop = {});
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  /// Its time is over, or it was to stop.
  bool passed() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any done_;
  bool finished_ = false;
  bool passed_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace starling::sql
