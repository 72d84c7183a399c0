// A decision in words and small tables, from the API's explain answer.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace starling::cli {

/// `explained`: {"decision", "last_change"} as GET /v1/models/NAME/explain gives it.
std::string explanation_text(const nlohmann::json& explained);

}  // namespace starling::cli
