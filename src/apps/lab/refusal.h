// How a command of starling-lab ends that cannot do what it was asked to.
#pragma once

#include <string>
#include <utility>

#include "base/result.h"

namespace starling::lab {

/// Thrown by a command's callback. main() says on standard error why, after the command's name;
/// without a reason that has been done.
struct Failed {
  int exit_code = 1;
  std::string why = {};
};

/// The exit code of what Ctrl-C ended, as shells know it.
inline constexpr int kInterrupted = 130;

[[noreturn]] inline void refuse(std::string why) { throw Failed{1, std::move(why)}; }

/// The value, or the end of the command with the error.
template <typename T>
T value_or_fail(Result<T> result) {
  if (!result) refuse(result.error().message);
  return std::move(*result);
}

inline void ok_or_fail(const Status& status) {
  if (!status) refuse(status.error().message);
}

}  // namespace starling::lab
