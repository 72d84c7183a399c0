// The replica's Prometheus metrics.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"

namespace starling {

/// Thread safe.
class ServeMetrics {
 public:
  explicit ServeMetrics(const std::string& model);
  ~ServeMetrics();

  /// One answered inference request: its HTTP status, and its time from the body's arrival to the
  /// answer.
  void answered(int status, Duration total);
  /// One forward pass: time in the model alone.
  void served(Duration service);
  /// The Prometheus text format, with these gauges.
  std::string text(int running, int waiting, bool ready);

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace starling
