// Which failures of something that is tried over and over are worth a line in the log.
#pragma once

#include <string>
#include <utility>

#include "base/result.h"

namespace starling {

/// Remembers the last failure of one repeated attempt, so that each is told of once and not at
/// every attempt.
class Complaints {
 public:
  /// Whether the attempt failed in other words than the one before it.
  bool is_new(const Status& attempt) {
    std::string problem = attempt ? "" : attempt.error().message;
    const bool is_new = !problem.empty() && problem != last_;
    last_ = std::move(problem);
    return is_new;
  }

 private:
  std::string last_;
};

}  // namespace starling
