#include "serve/admission.h"

namespace starling {

Result<Admission::Ticket> Admission::enter() {
  std::unique_lock lock(mutex_);
  if (closed_) return fail(ErrorCode::kUnavailable, "the replica is draining");
  const auto in_line = static_cast<int>(next_ticket_ - now_serving_);
  if (running_ >= concurrency_ && in_line >= queue_) {
    return fail(ErrorCode::kUnavailable, "the queue is full: {} running, {} waiting", running_,
                in_line);
  }
  const auto mine = next_ticket_++;
  turn_.wait(lock, [&] { return now_serving_ == mine && running_ < concurrency_; });
  ++now_serving_;
  ++running_;
  lock.unlock();
  turn_.notify_all();  // with more than one place the next in line may run too
  return Ticket(*this);
}

void Admission::leave() {
  {
    const std::lock_guard lock(mutex_);
    --running_;
  }
  turn_.notify_all();
}

void Admission::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

int Admission::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

int Admission::waiting() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(next_ticket_ - now_serving_);
}

}  // namespace starling
