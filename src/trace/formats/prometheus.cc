// Prometheus: the answer of /api/v1/query_range.
#include "trace/formats/prometheus.h"

#include "trace/formats/formats.h"
#include "trace/formats/prometheus.sql.h"
#include "trace/formats/prometheus_answer.sql.h"
#include "trace/formats/prometheus_counters.sql.h"
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

/// Whether all of a file's series are counters by their metric's name, as Prometheus's conventions
/// have it. Counters that share the label of --group cannot be one workload: an error.
Result<bool> all_counters(ReadJob& job, const FileHead& file) {
  auto rows = job.connection().query(std::string(kPrometheusCountersSql), {job.options().group});
  if (!rows) return fail(job.explained(file.path, rows.error()));
  auto chunk = rows->next();
  if (!chunk) return fail(job.explained(file.path, chunk.error()));
  if (!*chunk || !(*chunk)->boolean(0, 0)) return false;
  if ((*chunk)->is_null(0, 1)) return true;
  return fail(ErrorCode::kInvalid,
              "{}: {} series of a counter have {}=\"{}\": ask Prometheus for sum by ({}) "
              "(rate(…)) instead",
              file.path, (*chunk)->integer(0, 2), job.options().group, (*chunk)->text(0, 1),
              job.options().group);
}

Result<RawTrace> read_prometheus(ReadJob& job) {
  SampleCollector collector(job.options());
  bool counters = true;
  for (const FileHead& file : job.files()) {
    if (Status s = check_answer(job, file); !s) return fail(s.error());
    const Status defined = job.define("series", over(file, kPrometheusSeriesSql));
    if (!defined) return fail(job.explained(file.path, defined.error()));
    const auto counts = all_counters(job, file);
    if (!counts) return fail(counts.error());
    counters = counters && *counts;
    if (Status s = job.run(file, kPrometheusSql, {job.options().group}, collector); !s) {
      return fail(s.error());
    }
  }
  RawTrace trace;
  trace.format = "prometheus";
  auto result = job.finish(std::move(trace), collector);
  if (result && counters && !result->workloads.empty()) result->quantity = Quantity::kCounter;
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
