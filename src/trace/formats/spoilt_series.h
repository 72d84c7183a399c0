// Series whose numbers are not written as numbers: to detection their rows look like events.
#pragma once

#include "base/result.h"
#include "trace/formats/head.h"

namespace starling {

/// Refuses a table that has the header of series and numbers in all of its columns, but for cells
/// such as "1,5", "1,234" or, among more numbers than words, a word: its values would be thrown
/// away and its rows counted. A column of words makes rows events. Sees the first few rows only.
/// The error names the line and the cell, and what to write.
Status check_no_spoilt_series(const FileHead& head);

}  // namespace starling
