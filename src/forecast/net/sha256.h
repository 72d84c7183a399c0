// SHA-256 (FIPS 180-4), so that hashes of data and weights can be checked with
// sha256sum.
#pragma once

#include <string>
#include <string_view>

namespace starling {

/// 64 hex digits.
std::string sha256(std::string_view bytes);

}  // namespace starling
