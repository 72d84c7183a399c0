// Prometheus: the answer of /api/v1/query_range.
#include "trace/formats/prometheus.h"

#include <algorithm>

#include "trace/formats/formats.h"
#include "trace/formats/prometheus.sql.h"
#include "trace/formats/prometheus_answer.sql.h"
#include "trace/formats/prometheus_series.sql.h"

namespace starling {
namespace {

bool is_prometheus(const FileHead& head) {
  if (!head.is_text()) return false;
  std::string start;
  for (const std::string& line : head.lines) start += line.substr(0, 4096);
  return begins_like_prometheus(start);
}

/// A query over a file's answer.
std::string over(const FileHead& file, std::string_view query) {
  return filled_in(query, fmt::arg("path", quoted_path(file.path)),
                   fmt::arg("compression", compression_name(file.packing)),
                   fmt::arg("bytes_max", kPrometheusAnswerBytesMax));
}

/// Which of a query's answers is a series over time.
Status check_answer(ReadJob& job, const FileHead& file) {
  auto rows = job.connection().query(over(file, kPrometheusAnswerSql));
  if (!rows) return fail(job.explained(file.path, rows.error()));
  auto chunk = rows->next();
  if (!chunk) return fail(job.explained(file.path, chunk.error()));
  const auto text = [&](std::size_t column) {
    return !*chunk || (*chunk)->is_null(0, column) ? std::string("(nothing)")
                                                   : std::string((*chunk)->text(0, column));
  };
  if (text(0) != "success") {
    return fail(ErrorCode::kInvalid, "{}: Prometheus answered with status {}: {}", file.path,
                text(0), text(2));
  }
  if (text(1) != "matrix") {
    return fail(ErrorCode::kInvalid,
                "{}: a Prometheus {}, not a matrix; ask /api/v1/query_range with start, end and "
                "step",
                file.path, text(1));
  }
  return {};
}

/// By its name a counter, as Prometheus's conventions have it.
bool is_counter(const Samples& samples) {
  const std::string name = samples.workload.substr(0, samples.workload.find('{'));
  return name.ends_with("_total") || name.ends_with("_count") || name.ends_with("_sum") ||
         name.ends_with("_bucket");
}

Result<RawTrace> read_prometheus(ReadJob& job) {
  SampleCollector collector(job.options());
  for (const FileHead& file : job.files()) {
    if (Status s = check_answer(job, file); !s) return fail(s.error());
    const Status defined = job.define("series", over(file, kPrometheusSeriesSql));
    if (!defined) return fail(job.explained(file.path, defined.error()));
    if (Status s = job.run(file, kPrometheusSql, {job.options().group}, collector); !s) {
      return fail(s.error());
    }
  }
  RawTrace trace;
  trace.format = "prometheus";
  auto result = job.finish(std::move(trace), collector);
  if (result && std::all_of(result->workloads.begin(), result->workloads.end(), is_counter)) {
    result->quantity = Quantity::kCounter;
  }
  return result;
}

}  // namespace

bool begins_like_prometheus(std::string_view start) {
  start.remove_prefix(std::min(start.find_first_not_of(" \t\r\n"), start.size()));
  const auto holds = [&](std::string_view key) { return start.find(key) != start.npos; };
  return start.starts_with("{") && holds("\"status\"") &&
         (holds("\"resultType\"") || holds("\"errorType\""));
}

FormatReader prometheus_format() {
  return {{.name = "prometheus",
           .description = "Prometheus: the JSON that /api/v1/query_range answers",
           .publisher = "https://prometheus.io/docs/prometheus/latest/querying/api/",
           .quantity = "what the query asks for; *_total are counters",
           .options = {"group"}},
          is_prometheus,
          read_prometheus};
}

}  // namespace starling
