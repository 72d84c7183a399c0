// Reading traces and logs in the formats in which others publish them, before any cleaning.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "trace/samples.h"

namespace starling {

/// What one read may cost. Going over a bound is an error (kTooLarge, kTimeout) that names the
/// option of `starling trace` that raises it.
struct ReadRawLimits {
  std::int64_t rows_max = 500'000'000;        // over all files
  std::int64_t points_max = 100'000'000;      // of the result, 16 bytes each
  std::int64_t workloads_max = 50'000;        // of the result
  std::int64_t line_bytes_max = 4 << 20;      // of a text file
  std::int64_t file_bytes_max = 64LL << 30;   // of one file, uncompressed
  Duration time_max = std::chrono::hours(1);  // for all of it
};

/// The longest answer of Prometheus that is read: what DuckDB parses within its memory. An answer
/// is one line, so this stands in for the bounds on lines and files; who fetches one asks for no
/// more.
inline constexpr std::int64_t kPrometheusAnswerBytesMax = 32 << 20;

/// How events become values per step.
enum class Aggregate {
  kDefault,  // kCount without a value column, else kSum
  kCount,    // a step without events is 0
  kSum,      // of the value column; a step without events is 0
  kMean,     // of the value column; a step without events is missing
};

/// A read that skips nothing: the first row that cannot be taken is an error with its line, and so
/// is a row of samples whose time is not after the one before it of its workload. Of cells only the
/// empty one is missing, and what may be wide series with a word among the numbers is not taken for
/// events.
struct StrictRows {
  bool allow_same_time = false;
  bool allow_negative = true;  // of samples
};

/// Each option belongs to the formats that list it in `TraceFormat::options`; for others it is an
/// error.
struct ReadRawOptions {
  std::string format = "";                      // a name of trace_formats(); empty: detected
  std::optional<Duration> step = std::nullopt;  // "step": of event formats; default 1 min
  std::string value = "";                       // "value": the column to read
  std::string group = "";                       // "group": the column that names the workload
  Aggregate aggregate = Aggregate::kDefault;    // "aggregate"
  std::optional<int> path_segments = {};        // "segments": of a request's path; default all
  std::optional<std::int64_t> paths_max = {};   // "paths": the busiest; rest "(other)"; default 200
  ReadRawLimits limits = {};
  std::optional<StrictRows> strict = std::nullopt;
};

/// A format as `trace list` shows it and docs/traces.md describes it.
struct TraceFormat {
  std::string name;
  std::string description;  // one line
  std::string publisher;    // the page that defines it; empty for our own
  std::string quantity;     // what is read by default, with its unit
  std::vector<std::string> options;
  bool is_table = false;  // no time in it: read_table() takes it, read_raw() refuses
  std::vector<std::string> aliases = {};  // other names that a user may say
};

/// All formats, in the order in which detection tries them.
const std::vector<TraceFormat>& trace_formats();

/// The format of this name or alias. Errors: there is none ("did you mean").
Result<TraceFormat> format_named(const std::string& name);

/// The format that all of the files have. Errors: a file that cannot be read, no format fits (its
/// beginning is shown), the files differ, series whose numbers are not written as numbers (which
/// would be counted as events otherwise).
Result<TraceFormat> detect_format(const std::vector<std::string>& paths,
                                  const ReadRawLimits& limits = {});

/// Reads one or several files of one format; files as they are, gzip and Zstandard too. Rows that
/// cannot be taken are in `skipped`, by reason. Times and values are as the file has them: neither
/// sorted nor filled, except that formats made of events come per step, in order.
/// Errors name the file, and the line where there is one: no such file, damaged compression, an
/// unknown format or option ("did you mean"), a bound exceeded, nothing that could be taken.
Result<RawTrace> read_raw(const std::vector<std::string>& paths,
                          const ReadRawOptions& options = {});

/// One column of a table, summarised. Numbers only: mean, deviation, quartiles.
struct TableColumn {
  std::string name;
  std::string type;  // "number", "text", "time", "boolean"
  std::int64_t missing = 0;
  std::int64_t distinct_approx = 0;  // HyperLogLog: within a few per cent
  std::string minimum, maximum;
  std::optional<double> mean, deviation, quartile_1, median, quartile_3;
};

/// A file without time, as DuckDB's SUMMARIZE sees it. (The rows themselves are not kept.)
struct RawTable {
  std::string format;
  std::string path;
  std::int64_t rows = 0;
  std::vector<TableColumn> columns;
  std::vector<Skipped> skipped;
};

/// Summarises one CSV or Parquet file, of whatever format. Errors as in read_raw().
Result<RawTable> read_table(const std::string& path, const ReadRawOptions& options = {});

}  // namespace starling
