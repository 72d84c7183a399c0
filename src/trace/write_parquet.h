// Series as a Parquet file, through DuckDB.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "trace/series.h"
#include "trace/write.h"

namespace starling {

/// Writes Parquet with Zstandard to `path`, in bounded memory: the rows go through a database file
/// beside it, which is gone afterwards. The series are checked by write_trace().
Status write_parquet(const std::string& path, const std::vector<Series>& series, TraceForm form,
                     bool has_calendar);

}  // namespace starling
