// Where other threads leave work for the control thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>

#include "control/agent.h"

namespace starling::agent {

/// A bounded queue of inputs to the agent's core. Thread safe.
class Inbox {
 public:
  /// One input: calls the core and returns what it wants done.
  using Input = std::function<Effects(Agent& core, TimePoint now)>;
  static constexpr std::size_t kInputsMax = 20'000;

  /// Drops the input when the queue is full, and counts it.
  void post(Input input) {
    const std::lock_guard lock(mutex_);
    if (inputs_.size() >= kInputsMax) {
      ++dropped_;
      return;
    }
    inputs_.push_back(std::move(input));
    wake_.notify_one();
  }

  /// Everything that waits; waits itself until `deadline` for the first.
  std::deque<Input> take(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    wake_.wait_until(lock, deadline, [&] { return !inputs_.empty(); });
    return std::exchange(inputs_, {});
  }

  std::uint64_t dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Input> inputs_;
  std::uint64_t dropped_ = 0;
};

}  // namespace starling::agent
