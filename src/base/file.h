// Whole files: read with a bound, written so that a reader never sees half of one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/result.h"

namespace starling {

/// The file's bytes. Errors: not found, not a regular file, longer than `bytes_max`.
Result<std::string> read_file(const std::filesystem::path& path, std::int64_t bytes_max = 64 << 20);

/// Whether write_file_atomically would find a place for the file: to know before long work what it
/// could not save. Errors: the folder is missing or may not be written in, the path is a folder.
Status check_writable(const std::filesystem::path& path);

/// Replaces the file at once (temporary file in the same folder, flushed to disk, renamed).
Status write_file_atomically(const std::filesystem::path& path, std::string_view bytes,
                             int mode = 0644);

/// Empties a file that another program appends to once it is longer; a missing one is none.
void bound_log_file(const std::filesystem::path& path, std::uintmax_t bytes_max);

}  // namespace starling
