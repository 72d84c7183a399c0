// How every node learns together with the others, as a table.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace starling::cli {

/// Of what GET /v1/learning answers.
std::string learning_table(const nlohmann::json& learning);

}  // namespace starling::cli
