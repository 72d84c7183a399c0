// Implements base/version.h.
#include "base/version.h"

namespace starling {

std::string_view version() { return STARLING_VERSION; }

}  // namespace starling
