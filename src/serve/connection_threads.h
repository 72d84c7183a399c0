// Threads for HTTP connections, made as connections come, so that no connection waits behind
// another.
#pragma once

#include <httplib.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace starling {

/// httplib holds one thread for as long as a connection lives, idle or not. With a fixed pool,
/// health checks would wait behind requests in line and behind idle keep-alive connections; a new
/// thread costs tens of microseconds and threads are used again. Only above `threads_max`
/// connections wait.
class ConnectionThreads final : public httplib::TaskQueue {
 public:
  explicit ConnectionThreads(std::size_t threads_max) : threads_max_(threads_max) {}

  void enqueue(std::function<void()> connection) override;
  /// Waits until every connection has ended.
  void shutdown() override;

 private:
  bool add_thread();
  void work();

  const std::size_t threads_max_;
  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<std::function<void()>> waiting_;
  std::size_t idle_ = 0;
  bool shut_down_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace starling
