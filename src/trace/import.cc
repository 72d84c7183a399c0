#include "trace/import.h"

#include <algorithm>

#include "base/nearest.h"
#include "trace/formats/formats.h"
#include "trace/formats/rows.h"
#include "trace/formats/spoilt_series.h"

namespace starling {
namespace {

/// Particular formats before general ones: the first that fits a file's beginning is taken.
const std::vector<FormatReader>& readers() {
  static const std::vector<FormatReader> kReaders{
      prometheus_format(),
      mooncake_format(),
      azure_functions_format(),
      azure_functions_durations_format(),
      azure_functions_memory_format(),
      azure_llm_format(),
      burstgpt_format(),
      bitbrains_format(),
      alibaba_gpu_format(),
      google_usage_format(),
      haproxy_format(),
      combined_log_format(),
      long_format(),
      wide_format(),
      events_format(),
      table_format(),
  };
  return kReaders;
}

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const FormatReader& reader : readers()) names.push_back(reader.format.name);
  return names;
}

/// The reader for one file's beginning, or null.
const FormatReader* detect(const FileHead& head) {
  const auto found = std::find_if(readers().begin(), readers().end(),
                                  [&](const FormatReader& reader) { return reader.detects(head); });
  return found == readers().end() ? nullptr : &*found;
}

Error unknown_content(const FileHead& head) {
  const std::string start = head.is_text() ? head.lines[0].substr(0, 80)
                                           : fmt::format("{}", fmt::join(head.columns, ","));
  return Error{
      ErrorCode::kInvalid,
      fmt::format("{}: no known format begins like this: '{}'; `starling trace list` shows "
                  "the formats; a table needs a header and a delimiter (, ; tab or |)",
                  head.path, start)};
}

Result<const FormatReader*> reader_of(const std::vector<FileHead>& files) {
  const FormatReader* first = nullptr;
  for (const FileHead& head : files) {
    const FormatReader* reader = detect(head);
    if (reader == nullptr) return fail(unknown_content(head));
    if (reader->format.name == "events") {
      if (Status s = check_no_spoilt_series(head); !s) return fail(s.error());
    }
    if (first == nullptr) first = reader;
    if (reader != first) {
      return fail(ErrorCode::kInvalid,
                  "{} looks like {}, but {} like {}; read them apart, or state the format",
                  files[0].path, first->format.name, head.path, reader->format.name);
    }
  }
  return first;
}

Result<const FormatReader*> reader_named(const std::string& name) {
  for (const FormatReader& reader : readers()) {
    const auto& aliases = reader.format.aliases;
    const bool is_alias = std::find(aliases.begin(), aliases.end(), name) != aliases.end();
    if (reader.format.name == name || is_alias) return &reader;
  }
  return fail(ErrorCode::kInvalid, "no format '{}'{}; `starling trace list` shows them", name,
              did_you_mean(name, format_names()));
}

/// Options that the format does not take are errors: they would be ignored otherwise.
Status check_options(const TraceFormat& format, const ReadRawOptions& options) {
  const std::pair<const char*, bool> given[] = {
      {"step", options.step.has_value()},
      {"value", !options.value.empty()},
      {"group", !options.group.empty()},
      {"aggregate", options.aggregate != Aggregate::kDefault},
      {"segments", options.path_segments.has_value()},
      {"paths", options.paths_max.has_value()},
  };
  for (const auto& [name, is_given] : given) {
    const bool takes =
        std::find(format.options.begin(), format.options.end(), name) != format.options.end();
    if (!is_given || takes) continue;
    return fail(
        ErrorCode::kInvalid, "{}: not an option of format {}, which takes {}", name, format.name,
        format.options.empty() ? "none" : fmt::format("{}", fmt::join(format.options, ", ")));
  }
  return {};
}

/// Why there are no series in a table.
Error no_series(const FileHead& head, const TraceFormat& format) {
  if (head.is_text() && is_number(head.columns[0])) {
    return Error{
        ErrorCode::kInvalid,
        fmt::format("{}:1: no header: the first line is data ('{}'); start the file with a "
                    "line 'timestamp,workload,value' or 'timestamp,<workload>,…'",
                    head.path, head.columns[0])};
  }
  return Error{ErrorCode::kInvalid,
               fmt::format("{}: a table without time ({}): there is no series in it; `starling "
                           "trace describe` summarises its columns",
                           head.path, format.name)};
}

/// One word in the first row of a wide file, and its numbers would be counted as events.
Status check_events(const std::vector<FileHead>& files) {
  for (const FileHead& head : files) {
    if (!has_wide_header(head)) continue;
    return fail(ErrorCode::kInvalid,
                "{}:2: not a number in each column ({}): write numbers such as 1.5 and leave a "
                "missing cell empty; if each row is an event, count them first: starling trace "
                "import {} --format events --out counts.csv",
                head.path, fmt::join(head.first_row, ","), head.path);
  }
  return {};
}

}  // namespace

const std::vector<TraceFormat>& trace_formats() {
  static const std::vector<TraceFormat> kFormats = [] {
    std::vector<TraceFormat> formats;
    for (const FormatReader& reader : readers()) formats.push_back(reader.format);
    return formats;
  }();
  return kFormats;
}

Result<TraceFormat> format_named(const std::string& name) {
  const auto reader = reader_named(name);
  if (!reader) return fail(reader.error());
  return (*reader)->format;
}

Result<TraceFormat> detect_format(const std::vector<std::string>& paths,
                                  const ReadRawLimits& limits) {
  const auto job = ReadJob::start(paths, {.limits = limits});
  if (!job) return fail(job.error());
  const auto reader = reader_of(job->files());
  if (!reader) return fail(reader.error());
  return (*reader)->format;
}

Result<RawTrace> read_raw(const std::vector<std::string>& paths, const ReadRawOptions& options) {
  const auto named =
      options.format.empty() ? Result<const FormatReader*>(nullptr) : reader_named(options.format);
  if (!named) return fail(named.error());
  auto job = ReadJob::start(paths, options);
  if (!job) return fail(job.error());
  const auto reader = *named != nullptr ? named : reader_of(job->files());
  if (!reader) return fail(reader.error());
  const TraceFormat& format = (*reader)->format;
  if (Status s = check_options(format, options); !s) return fail(s.error());
  if (format.is_table) return fail(no_series(job->files()[0], format));
  if (options.strict && *named == nullptr && format.name == "events") {
    if (Status s = check_events(job->files()); !s) return fail(s.error());
  }
  return (*reader)->read(*job);
}

Result<RawTable> read_table(const std::string& path, const ReadRawOptions& options) {
  auto job = ReadJob::start({path}, options);
  if (!job) return fail(job.error());
  auto table = summarise_table(*job);
  const FormatReader* reader = detect(job->files()[0]);
  if (table && reader != nullptr && reader->format.is_table) table->format = reader->format.name;
  return table;
}

}  // namespace starling
