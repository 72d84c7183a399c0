// Cleaning, the second half: from sorted rows to series on their grids, and what is judged there.
#pragma once

#include "base/result.h"
#include "trace/clean.h"
#include "trace/cleaning_report.h"
#include "trace/samples.h"

namespace starling {

/// The steps from "step" to "outliers" of clean(), for rows that are sorted and have no duplicates;
/// adds their lines to the report. At least one row. Errors: those of clean().
Result<CleanTrace> clean_series(RawTrace trace, const CleanOptions& options, CleaningReport report);

}  // namespace starling
