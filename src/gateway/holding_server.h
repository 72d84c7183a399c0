// The stand-in behind every model that has no replica: it takes a request and does not answer it.
#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace starling {

/// HAProxy queues requests only for a server that exists and is busy. The stand-in is that server:
/// of each model's waiting requests it holds one, the others stay in HAProxy's queue. Once a
/// replica is there, `release` closes the held connection without an answer and HAProxy sends the
/// request again, to the replica. Runs on a thread of its own. Thread safe.
class HoldingServer {
 public:
  struct Options {
    std::filesystem::path socket;
    Duration hold{30s};  // then the request gets a 503
    std::size_t request_bytes_max =
        0;  // a longer request can't be sent again: it gets a 503 at once
  };

  static Result<std::unique_ptr<HoldingServer>> start(const Options& options);
  virtual ~HoldingServer() = default;

  /// Requests for other models get a 404 at once, those that are held already included.
  virtual void know(std::set<std::string> models) = 0;
  /// Lets the held requests of `model` go to its replicas.
  virtual void release(const std::string& model) = 0;
};

}  // namespace starling
