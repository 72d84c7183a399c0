// Access logs of HAProxy, nginx and Apache as requests per step and path.
#include <regex>
#include <set>

#include "trace/formats/access_log_hits.sql.h"
#include "trace/formats/access_log_requests.sql.h"
#include "trace/formats/access_log_skipped.sql.h"
#include "trace/formats/access_log_table.sql.h"
#include "trace/formats/events.h"
#include "trace/formats/formats.h"
#include "trace/formats/rows.h"

namespace starling {
namespace {

/// What differs between the logs: where a line has its time and its request.
struct LogSyntax {
  const char* format;
  const char* pattern;  // RE2; groups: date, method, target
};

constexpr LogSyntax kCombined{
    "combined", R"(^\S+ \S+ .*?\[([^\]]+)\] "(\S+) (\S+)(?: [^"]*)?" \d{3} (?:\d+|-))"};
constexpr LogSyntax kHaproxy{
    "haproxy",
    R"(\[(\d{1,2}/\w{3}/\d{4}:\d\d:\d\d:\d\d(?:\.\d+)?)\] \S+ \S+ [-+\d]+/[-+\d/]+ .*"(\S+) (\S+)[^"]*"?\s*$)"};

/// A quick look only; the lines themselves are parsed in SQL.
bool any_line(const FileHead& head, const std::regex& pattern) {
  for (const std::string& line : head.lines) {
    if (line.size() < 4096 && std::regex_search(line, pattern)) return true;
  }
  return false;
}

bool is_combined(const FileHead& head) {
  static const std::regex kLine(
      R"(\[\d{1,2}/\w{3}/\d{4}:\d\d:\d\d:\d\d [-+]\d{4}\] "[^"]*" \d{3} )");
  return any_line(head, kLine);
}

bool is_haproxy(const FileHead& head) {
  static const std::regex kLine(
      R"(\[\d{1,2}/\w{3}/\d{4}:\d\d:\d\d:\d\d(\.\d+)?\] \S+ \S+ [-+\d]+/[-+\d]+/[-+\d]+)");
  return any_line(head, kLine);
}

Status copy_skipped(ReadJob& job, const FileHead& file) {
  auto rows = job.connection().query(std::string(kAccessLogSkippedSql));
  if (!rows) return fail(job.explained(file.path, rows.error()));
  for (;;) {
    auto chunk = rows->next();
    if (!chunk) return fail(job.explained(file.path, chunk.error()));
    if (!*chunk) return {};
    for (std::size_t i = 0; i < (*chunk)->rows(); ++i) {
      job.skips().add((*chunk)->text(i, 0),
                      fmt::format("{}:{}", file.path, (*chunk)->integer(i, 2)),
                      (*chunk)->text(i, 3), (*chunk)->integer(i, 1));
    }
  }
}

/// Adds one file's requests to the table `hits`, counted per step and path.
Status count_hits(ReadJob& job, const FileHead& file, const LogSyntax& syntax, Duration step) {
  // The pattern stands in the view: DuckDB wants it to be a literal.
  Status done = job.define(
      "log_lines",
      fmt::format("SELECT line, text, regexp_extract(text, {}, ['date', 'method', 'target']) AS "
                  "request FROM ({})",
                  sql::quoted(syntax.pattern), lines_query(file, job.options())));
  if (!done) return fail(job.explained(file.path, done.error()));
  auto rows =
      job.connection().query(std::string(kAccessLogHitsSql),
                             {step.count(), std::int64_t{job.options().path_segments.value_or(0)}});
  if (!rows) return fail(job.explained(file.path, rows.error()));
  for (;;) {
    auto chunk = rows->next();
    if (!chunk) return fail(job.explained(file.path, chunk.error()));
    if (!*chunk) break;
  }
  std::set<std::int64_t> refused;
  if (Status s = job.take_refused(file, refused); !s) return s;
  if (Status s = copy_skipped(job, file); !s) return s;
  done = job.connection().execute("DELETE FROM hits WHERE reason IS NOT NULL");
  if (!done) return fail(job.explained(file.path, done.error()));
  return {};
}

Result<RawTrace> read_log(ReadJob& job, const LogSyntax& syntax) {
  const ReadRawOptions& options = job.options();
  const auto plan = plan_events(options);
  if (!plan) return fail(plan.error());
  const std::int64_t paths_max = options.paths_max.value_or(200);
  if (paths_max < 1 || options.path_segments.value_or(1) < 1) {
    return fail(ErrorCode::kInvalid, "paths and segments: 1 or more was expected");
  }
  const Status created = job.connection().execute(std::string(kAccessLogTableSql));
  if (!created) return fail(created.error());
  for (const FileHead& file : job.files()) {
    if (Status s = count_hits(job, file, syntax, plan->step); !s) return fail(s.error());
  }
  StepCollector collector(options.limits, plan->step, Gather::kSum);
  if (Status s = job.run(job.files()[0], kAccessLogRequestsSql, {paths_max}, collector); !s) {
    return fail(s.error());
  }
  return job.finish(event_trace(syntax.format, "requests", *plan, options), collector);
}

}  // namespace

FormatReader haproxy_format() {
  return {{.name = "haproxy",
           .description = "HAProxy's HTTP log (option httplog)",
           .publisher = "https://docs.haproxy.org/2.6/configuration.html#8.2.3",
           .quantity = "requests per step and path",
           .options = {"step", "segments", "paths"}},
          is_haproxy,
          [](ReadJob& job) { return read_log(job, kHaproxy); }};
}

FormatReader combined_log_format() {
  return {{.name = "combined",
           .description = "access logs of nginx and Apache, common and combined",
           .publisher = "https://httpd.apache.org/docs/2.4/logs.html#accesslog",
           .quantity = "requests per step and path",
           .options = {"step", "segments", "paths"},
           .aliases = {"nginx", "apache"}},
          is_combined,
          [](ReadJob& job) { return read_log(job, kCombined); }};
}

}  // namespace starling
