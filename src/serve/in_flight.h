// Requests that a shutdown has to wait for.
#pragma once

#include <condition_variable>
#include <mutex>

namespace starling {

/// Requests whose answer is not yet written. Thread safe.
class InFlight {
 public:
  void begin() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  void end() {
    {
      const std::lock_guard lock(mutex_);
      --count_;
    }
    none_.notify_all();
  }
  void wait_for_none() {
    std::unique_lock lock(mutex_);
    none_.wait(lock, [&] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  int count_ = 0;
};

}  // namespace starling
