// The option --seed of many commands.
#pragma once

#include <string>

namespace starling::lab {

/// What is wrong with a seed as it is written, or nothing: CLI11 takes -1 for 2^64 - 1.
inline std::string negative_seed(const std::string& text) {
  return text.starts_with('-') ? text + ": expected a whole number from 0 on" : "";
}

}  // namespace starling::lab
