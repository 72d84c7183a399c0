// After a change: waiting until this agent's own answers show it.
#pragma once

#include <chrono>
#include <thread>

#include "api/server.h"

namespace starling {

/// Until `seen(view)`, so that whoever made the change sees it in the next answer; four seconds at
/// most, as the change stands all the same.
template <typename Seen>
void await_view(const ApiBackend& backend, const Seen& seen) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(4);
  while (!seen(*backend.view()) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace starling
