// One model behind the Open Inference Protocol v2 over HTTP, with health, metrics and a graceful
// drain.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "serve/model.h"

namespace starling {

struct ModelServerOptions {
  std::string model;  // the name in the URLs
  std::string host = "127.0.0.1";
  int port = 0;         // 0: any free one
  int concurrency = 1;  // forward passes at once
  int queue = 64;       // requests that may wait for their turn; more get 503
  std::int64_t body_bytes_max = 4 << 20;
};

/// Serves on its own threads from `start` to `drain`. Statuses: 400 a request that can't be right,
/// 404 another model or path, 413 a body over the bound, 503 queue full or draining; every error
/// has a body {"error": …}. Answers of infer carry `x-starling-service-us`, the time in the model
/// alone.
class ModelServer {
 public:
  ModelServer(ModelServerOptions options, std::unique_ptr<Model> model);
  /// Waits until every connection has ended: idle ones for their keep-alive time, a few seconds.
  ~ModelServer();

  /// Listens; ready from then on. Returns the port. Errors: the address can't be had.
  Result<int> start();
  /// Not ready any more, new requests get 503; returns once every request in flight has its answer.
  void drain();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace starling
