// The version of these programs.
#pragma once

#include <string_view>

namespace starling {

/// "0.1.0", as the build names it.
std::string_view version();

}  // namespace starling
