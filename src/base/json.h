// JSON that came from elsewhere.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace starling {

/// Lists and objects within one another. The library copies and writes values by recursion, so that
/// a hundred thousand brackets, which are few bytes, would end the process.
inline constexpr int kJsonDepthMax = 64;

/// Discarded (`is_discarded()`) where the text is no JSON or is nested deeper than kJsonDepthMax.
nlohmann::json parse_json(std::string_view text);

}  // namespace starling
