// Whether a file can be given to DuckDB: whole, of bounded size, with lines of bounded length.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "base/result.h"
#include "trace/import.h"

namespace starling {

enum class Packing { kPlain, kGzip, kZstd, kParquet };

/// By the first bytes, whatever the name says.
Result<Packing> packing_of(const std::string& path);

/// DuckDB's name for it: "uncompressed", "gzip" or "zstd"; Parquet has none.
const char* compression_name(Packing packing);

/// The first bytes of a plain or gzip file's text; nothing of a damaged one, or of another packing.
std::string first_text(const std::string& path, Packing packing, std::size_t bytes_max);

/// Reads a plain or gzip file once, in constant memory; of a Zstandard file (RFC 8878) only the
/// block headers. DuckDB ends quietly where a truncated file ends and drops lines longer than its
/// buffer without a word, so this comes before it.
/// Errors: no such file, empty, damaged or truncated, too long (a Zstandard file by the most that
/// its blocks may hold), packed more than 500-fold (no log is; an endless file is), a line too
/// long; kTimeout when `until` is over first.
Status check_file(const std::string& path, Packing packing, const ReadRawLimits& limits,
                  std::chrono::steady_clock::time_point until);

}  // namespace starling
