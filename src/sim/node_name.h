// What the nodes of simulated fleets are called.
#pragma once

#include <fmt/format.h>

#include <string>

namespace starling {

/// Of the node `number`, from 0 on: "n000", "n001" …
inline std::string node_name(int number) { return fmt::format("n{:03}", number); }

}  // namespace starling
