// Text that means nothing special to the programs that names and addresses are handed to.
#pragma once

#include <algorithm>
#include <string_view>

namespace starling {

/// Letters, digits and "_.:-[]", at least one: what a gateway writes into HAProxy's commands.
inline bool is_plain(std::string_view text) {
  constexpr std::string_view kOthers = "_.:-[]";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kOthers.find(c) != std::string_view::npos;
  });
}

}  // namespace starling
