// Runs somebody else's command to its end: for a bounded time, with a bounded output.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace starling {

struct CommandOptions {
  std::vector<std::string> command;  // [0] is the program: a path, or a name looked up in PATH
  Duration timeout{60s};
  std::size_t output_max = 1 << 20;         // bytes
  const std::atomic<bool>* stop = nullptr;  // given up when it becomes true
};

/// The standard output of the command, which gets `input` as its standard input. Errors: it can't
/// be started (kNotFound, kInternal), takes too long (kTimeout), says too much (kTooLarge), or
/// fails (kUnavailable, with the end of its standard error). In the second and third case it is
/// killed with its process group. SIGPIPE must be ignored.
Result<std::string> run_bounded(const CommandOptions& options, const std::string& input);

}  // namespace starling
