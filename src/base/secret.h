// Random numbers that nobody can guess.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace starling {

/// From the kernel. Errors: it gives none.
Result<std::uint64_t> secret_number();
/// So many bytes of the kernel's, two hexadecimal digits each.
Result<std::string> secret_text(std::size_t bytes);

}  // namespace starling
