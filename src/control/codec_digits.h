// Numbers in base 64: the long ones of messages (times, hashes) take half as many bytes so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "control/codec.h"

namespace starling::codec {

inline constexpr std::string_view kDigits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
inline constexpr std::size_t kDigitsMax = 11;  // of 64 bits

/// The first digit is the highest; no leading zeros.
inline std::string in_digits(std::uint64_t number) {
  std::string text;
  do text.insert(text.begin(), kDigits[number & 63]);
  while ((number >>= 6) != 0);
  return text;
}

/// Nothing where it is no such number of 64 bits.
inline std::optional<std::uint64_t> of_digits(std::string_view text) {
  if (text.empty() || text.size() > kDigitsMax) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : text) {
    const auto digit = kDigits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    if (number > std::numeric_limits<std::uint64_t>::max() >> 6) return std::nullopt;
    number = number << 6 | digit;
  }
  return number;
}

/// A number in the form in which it takes the least; Reader::hash_or_digits reads both.
inline nlohmann::json shortest(std::uint64_t number, WireForm form) {
  return form == WireForm::kPacked ? nlohmann::json(in_digits(number)) : nlohmann::json(number);
}

}  // namespace starling::codec
