// The wire form of messages: one JSON object, versioned and bounded, as text or packed.
#pragma once

#include <string>

#include "base/result.h"
#include "control/messages.h"

namespace starling {

inline constexpr std::size_t kMessageBytesMax = 1 << 20;

/// kPacked: see packing.h; only for those that understand it (kUnderstandsPacked).
enum class WireForm { kText, kPacked };

/// Longer than kMessageBytesMax, as text in either form, where nobody would read it.
std::string encode(const Message& message, WireForm form = WireForm::kText);

/// Of either form. Errors (nothing else is ever thrown): too large, damaged, not JSON, another
/// protocol version, an unknown kind, a field that is missing, of the wrong type, or out of its
/// bounds: named in the message.
Result<Message> decode(const std::string& bytes);

}  // namespace starling
