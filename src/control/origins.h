// Where the requests of one model come in: the share of each cloud, over the last minutes.
#pragma once

#include <map>
#include <string>

#include "base/clock.h"

namespace starling {

class Origins {
 public:
  /// Requests that a gateway in `cloud` saw. What came kHalfLife ago counts half.
  void add(const std::string& cloud, double requests, TimePoint at);
  /// By cloud, together 1; empty before the first request.
  std::map<std::string, double> shares() const;

 private:
  static constexpr Duration kHalfLife{5min};

  std::map<std::string, double> weights_;  // as of at_
  TimePoint at_{};
};

}  // namespace starling
