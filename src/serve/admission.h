// Bounded concurrency: a few run at once, a bounded number waits in line, everybody else is turned
// away.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <utility>

#include "base/result.h"

namespace starling {

/// Thread safe. First come, first served.
class Admission {
 public:
  /// The right to run; gives its place to the next in line when destroyed.
  class Ticket {
   public:
    explicit Ticket(Admission& owner) : owner_(&owner) {}
    Ticket(Ticket&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    Ticket& operator=(Ticket&&) = delete;
    ~Ticket() {
      if (owner_ != nullptr) owner_->leave();
    }

   private:
    Admission* owner_;
  };

  Admission(int concurrency, int queue) : concurrency_(concurrency), queue_(queue) {}

  /// Waits for its turn. Errors: kUnavailable, at once, when the line is full or the door is
  /// closed.
  Result<Ticket> enter();
  /// Turns every newcomer away; those inside and in line finish.
  void close();
  int running() const;
  int waiting() const;

 private:
  void leave();

  const int concurrency_;
  const int queue_;
  mutable std::mutex mutex_;
  std::condition_variable turn_;
  bool closed_ = false;
  int running_ = 0;
  std::uint64_t next_ticket_ = 0;  // the number a newcomer draws
  std::uint64_t now_serving_ = 0;  // the number at the head of the line
};

}  // namespace starling
