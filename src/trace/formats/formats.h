// The formats, one function each: what it is called, how it is known, how it is read.
#pragma once

#include "base/result.h"
#include "trace/formats/job.h"
#include "trace/import.h"

namespace starling {

struct FormatReader {
  TraceFormat format;
  /// Whether a file with this beginning is of the format. Pure.
  bool (*detects)(const FileHead& head) = nullptr;
  /// Reads the job's files, which all have the format (or are said to have it). Null for tables.
  Result<RawTrace> (*read)(ReadJob& job) = nullptr;
};

FormatReader wide_format();
FormatReader long_format();
FormatReader azure_functions_format();
FormatReader azure_functions_durations_format();
FormatReader azure_functions_memory_format();
FormatReader azure_llm_format();
FormatReader burstgpt_format();
FormatReader mooncake_format();
FormatReader bitbrains_format();
FormatReader alibaba_gpu_format();
FormatReader google_usage_format();
FormatReader prometheus_format();
FormatReader haproxy_format();
FormatReader combined_log_format();
FormatReader events_format();
FormatReader table_format();

/// Whether the header is one of wide series, whatever the rows hold.
bool has_wide_header(const FileHead& head);

/// Summarises one file's columns (table.sql).
Result<RawTable> summarise_table(ReadJob& job);

}  // namespace starling
