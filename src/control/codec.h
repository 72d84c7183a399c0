// The wire form of messages: one JSON object, versioned and bounded, as text or packed.
#pragma once

#include <string>

#include "base/result.h"
#include "control/messages.h"

namespace starling {

inline constexpr std::size_t kMessageBytesMax = 1 << 20;  // on the wire
inline constexpr std::size_t kTextBytesMax = 4 << 20;     // unpacked

/// kPacked: see packing.h; only for those that understand it (kUnderstandsPacked).
enum class WireForm { kText, kPacked };

/// A text longer than kMessageBytesMax is packed in either form: as it is nobody would read it. The
/// result is longer than that where it is even so packed, or where the text is longer than
/// kTextBytesMax: the sender must check.
std::string encode(const Message& message, WireForm form = WireForm::kText);

/// Of either form. Errors (nothing else is ever thrown): too large, damaged, not JSON, another
/// protocol version, an unknown kind, a field that is missing, of the wrong type, or out of its
/// bounds: named in the message.
Result<Message> decode(const std::string& bytes);

}  // namespace starling
