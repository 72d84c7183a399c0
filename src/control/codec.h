// The wire form of messages: one JSON object, versioned and bounded.
#pragma once

#include <string>

#include "base/result.h"
#include "control/messages.h"

namespace starling {

inline constexpr std::size_t kMessageBytesMax = 1 << 20;

std::string encode(const Message& message);

/// Errors (nothing else is ever thrown): too large, not JSON, another protocol version, an unknown
/// kind, a field that is missing, of the wrong type, or out of its bounds: named in the message.
Result<Message> decode(const std::string& bytes);

}  // namespace starling
