// Prometheus's answers: one JSON value on one line, whatever its length.
#pragma once

#include <string_view>

namespace starling {

/// Whether a text that begins like this is such an answer.
bool begins_like_prometheus(std::string_view start);

}  // namespace starling
