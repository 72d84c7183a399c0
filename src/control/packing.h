// The short form of messages on the wire, for fleets so large that it pays.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace starling {

/// One byte that names the form, then raw DEFLATE (RFC 1951) of the text with a dictionary of what
/// messages usually say, without which there is little to gain in so few bytes. The same text
/// always gives the same bytes. Takes text of less than 4 GB.
std::string pack(std::string_view text);

/// Whether the bytes begin as packed ones do, of whatever form; no JSON does.
bool is_packed(std::string_view bytes);

/// Errors: another form, cut, followed by something, so damaged that it is no DEFLATE (there is no
/// checksum: other damage gives another text), or longer than `bytes_max` unpacked, which is found
/// out before much more than that was unpacked.
Result<std::string> unpack(std::string_view bytes, std::size_t bytes_max);

/// What packer and unpacker both begin with. Another text is another form, which older agents do
/// not read: it needs a first byte of its own and a step of Heartbeat::understands.
std::string_view packing_dictionary();

}  // namespace starling
