// A range of a Prometheus server's data, as files that the trace reader takes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace starling::lab {

struct PrometheusQuery {
  std::string url;     // of the server: http://127.0.0.1:9090, with a path prefix if it has one
  std::string promql;  // an expression whose value is an instant vector or a scalar
  TimePoint from{};
  TimePoint to{};
  Duration step{30s};
  Duration time_max{60s};  // for all of it
  /// Of all answers. A single one is bounded by what the reader takes (kPrometheusAnswerBytesMax).
  std::int64_t bytes_max = 256LL << 20;
};

/// The answers, one JSON file each, in a folder that goes with this.
class PrometheusAnswers {
 public:
  explicit PrometheusAnswers(std::filesystem::path folder) : folder_(std::move(folder)) {}
  ~PrometheusAnswers();
  PrometheusAnswers(const PrometheusAnswers&) = delete;
  PrometheusAnswers& operator=(const PrometheusAnswers&) = delete;

  const std::vector<std::string>& files() const { return files_; }
  Status add(const std::string& answer);

 private:
  std::filesystem::path folder_;
  std::vector<std::string> files_;
};

/// Asks /api/v1/query_range (prometheus.io/docs/prometheus/latest/querying/api), in as many parts
/// as its bound of 11,000 points a series and the reader's on an answer demand. Errors, with the
/// address: no connection, an HTTP error with the server's words, an answer over the bounds.
Result<std::unique_ptr<PrometheusAnswers>> fetch_prometheus(const PrometheusQuery& query);

}  // namespace starling::lab
