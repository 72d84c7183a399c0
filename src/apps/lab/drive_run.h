// Open-loop traffic against gateways: what is sent, what comes back, what is counted.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "apps/lab/drive_schedule.h"
#include "base/clock.h"
#include "base/latency_histogram.h"
#include "base/result.h"

namespace starling::lab {

struct DriveModel {
  std::string name;
  RatePlan plan;
  std::string body;
  std::optional<Duration> slo;
};

struct DriveOptions {
  std::vector<std::string> gateways;  // "http://host:port"
  Duration duration{};
  Duration timeout{10s};  // of a request with its retries, from when it is sent
  int retries_max = 2;    // on the next gateway, when not a byte of an answer came
  std::uint64_t seed = 0;
  bool animate = false;  // rewrite the progress line in place
  bool quiet = false;    // no progress at all
};

struct DriveTally {
  std::uint64_t sent = 0;
  std::uint64_t answered = 0;  // status 200
  std::uint64_t failed = 0;
  std::uint64_t retried = 0;     // attempts on another gateway
  std::uint64_t unfinished = 0;  // open when the run was interrupted
  std::uint64_t met_slo = 0;
  LatencyHistogram latency;  // of answered requests, from the *intended* send time
  std::string problem;       // of the last failure
  std::vector<double> sent_per_step;
};

struct DriveReport {
  std::vector<DriveTally> models;  // in the order given
  LatencyHistogram lag;            // how late requests were sent
  double elapsed_s = 0;
};

/// Sends until the duration is over or `stop` is set, then waits for open requests (not after
/// `stop`). A request is sent at its intended time however many are open: slow answers don't slow
/// the load down.
Result<DriveReport> drive(const std::vector<DriveModel>& models, const DriveOptions& options,
                          const std::function<bool()>& stop);

}  // namespace starling::lab
