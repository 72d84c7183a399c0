// What lies between clouds: carries Ethernet frames from each to the others, late, not at all, or
// in one direction only.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/result.h"
#include "base/rng.h"

namespace starling::system_test {

/// A hub in user space, since not every kernel has netem. Each cloud is a TAP device.
class Backbone {
 public:
  struct Weather {
    Duration delay{};        // of every frame
    double loss = 0;         // share of all frames
    std::string cut = {};    // the cloud that is cut off
    std::string muted = {};  // the cloud that nothing arrives from
  };

  Backbone() = default;
  ~Backbone();
  Backbone(const Backbone&) = delete;
  Backbone& operator=(const Backbone&) = delete;

  /// Makes the TAP device of this name in the calling thread's network namespace.
  Status add(const std::string& cloud, const std::string& device);
  /// Begins to carry; no clouds are added from then on.
  void start();
  void set(Weather weather);

 private:
  struct Frame {
    std::size_t to = 0;
    std::string bytes;
  };
  struct Port {
    std::string cloud;
    int fd = -1;
  };
  void run();
  void take(std::size_t from, const Weather& weather);

  std::vector<Port> ports_;
  std::multimap<std::chrono::steady_clock::time_point, Frame> under_way_;
  Rng rng_{1};
  std::mutex mutex_;
  Weather weather_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace starling::system_test
