// Whether a gzip file is whole: a damaged one must be an error, not a shorter series.
#pragma once

#include <string>

#include "base/result.h"

namespace starling {

/// Inflates the file once, in constant memory, against its own checksums (about 300 MB a second).
/// DuckDB's reader ends quietly where a truncated file ends, so this comes before it.
Status check_gzip(const std::string& path);

}  // namespace starling
