#include "sql/deadline.h"

#include <utility>

namespace starling::sql {

Deadline::Deadline(Connection& connection, Duration time_max, std::stop_token stop)
    : thread_([this, &connection, time_max, stop = std::move(stop)] {
        std::unique_lock lock(mutex_);
        if (done_.wait_for(lock, stop, time_max, [this] { return finished_; })) return;
        // An interrupt that comes between two steps of a statement is forgotten: repeat it.
        do {
          passed_ = true;
          connection.interrupt();
        } while (!done_.wait_for(lock, 10ms, [this] { return finished_; }));
      }) {}

Deadline::~Deadline() {
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
  }
  done_.notify_one();
  thread_.join();
}

bool Deadline::passed() const {
  const std::lock_guard lock(mutex_);
  return passed_;
}

}  // namespace starling::sql
