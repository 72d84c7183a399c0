// What the nodes and clouds of simulated fleets are called.
#pragma once

#include <fmt/format.h>

#include <string>

namespace starling {

/// Of the node `number`, from 0 on: "n000", "n001" …
inline std::string node_name(int number) { return fmt::format("n{:03}", number); }

/// Of the cloud `number`, from 0 on: "cloud0", "cloud1" …
inline std::string cloud_name(int number) { return fmt::format("cloud{}", number); }

}  // namespace starling
