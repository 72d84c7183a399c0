// What HAProxy tells of every request it finished, summed up by model.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/latency_histogram.h"
#include "base/result.h"

namespace starling {

/// One line of HAProxy's log in the format that haproxy_config_text() sets.
struct RequestLine {
  std::string model;
  int status = 0;         // what the client got; not positive when it got nothing
  bool rejected = false;  // by HAProxy itself, by its limit of requests in flight
  bool broken = false;    // client or server closed the connection before the answer was whole
  double latency_s = 0;   // first byte in to last byte out
  std::optional<double> service_s;  // time in the model alone, as the replica reported it
};

/// Nothing for other lines (HAProxy also reports changes of its servers).
std::optional<RequestLine> parse_request_line(std::string_view line);

/// Sums over the requests of one model.
struct RequestTotals {
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  std::uint64_t rejected = 0;
  LatencyHistogram latency;  // of completed ones: a quick refusal must not look like a good latency
  double service_sum_s = 0;
  double service_square_sum = 0;
  std::uint64_t service_count = 0;

  void add(const RequestLine& line);
};

/// Receives log lines on a thread of its own. Thread safe.
class RequestLog {
 public:
  /// Listens at `socket`; lines come over any number of connections.
  static Result<std::unique_ptr<RequestLog>> start(const std::filesystem::path& socket);
  virtual ~RequestLog() = default;

  /// Lines of other models are dropped, so what clients put into paths cannot fill the memory.
  virtual void know(std::set<std::string> models) = 0;
  /// The sums since the last call.
  virtual std::map<std::string, RequestTotals> take() = 0;
};

}  // namespace starling
