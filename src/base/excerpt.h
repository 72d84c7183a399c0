// The beginning of a text that something bounded carries.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace starling {

/// At most `bytes_max` bytes of `text`; no UTF-8 character is cut in two.
inline std::string excerpt(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  const auto continues = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  std::size_t end = bytes_max;
  while (end > 0 && continues(end)) --end;
  return std::string(text.substr(0, end));
}

}  // namespace starling
