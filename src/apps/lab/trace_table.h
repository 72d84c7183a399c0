// What files without time hold: a summary of each column.
#pragma once

#include "apps/lab/trace_reading.h"

namespace starling::lab {

/// Prints each file's columns, as a table or as JSON; an error ends the command.
void print_tables(const ReadingArguments& arguments, const TraceFormat& format, bool as_json);

}  // namespace starling::lab
