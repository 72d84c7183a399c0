// The answer to a cube as a page with one chart a measure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/result.h"

namespace starling::cli {

/// Lines over time when the columns (or, without any, the only row dimension) are a time; else a
/// heat map of rows by columns; bars where there are no columns. Subtotals are left out. `question`
/// is the subtitle.
Result<std::string> cube_page(const nlohmann::json& answer, const std::string& question);

}  // namespace starling::cli
