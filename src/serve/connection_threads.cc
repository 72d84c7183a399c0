#include "serve/connection_threads.h"

#include <system_error>
#include <utility>

namespace starling {

void ConnectionThreads::enqueue(std::function<void()> connection) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(connection));
  if (waiting_.size() > idle_ && threads_.size() < threads_max_ && add_thread()) return;
  more_.notify_one();
}

/// False where the machine has no more threads to give: then the connection waits for one of those
/// that there are.
bool ConnectionThreads::add_thread() {
  try {
    threads_.emplace_back([this] { work(); });
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

void ConnectionThreads::shutdown() {
  {
    const std::lock_guard lock(mutex_);
    shut_down_ = true;
  }
  more_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void ConnectionThreads::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    more_.wait(lock, [&] { return shut_down_ || !waiting_.empty(); });
    --idle_;
    if (waiting_.empty()) return;
    auto connection = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    connection();
    lock.lock();
  }
}

}  // namespace starling
