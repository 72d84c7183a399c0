#include "forecast/federated/rejection.h"

namespace starling::federated {

const char* name_of(Reason reason) {
  static constexpr std::array<const char*, kReasons> kNames{
      "malformed", "too-large", "length",  "architecture", "base",   "not-finite",
      "checksum",  "stale",     "unasked", "busy",         "silent", "validation"};
  return kNames[static_cast<std::size_t>(reason)];
}

}  // namespace starling::federated
