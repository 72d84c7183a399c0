// IEEE 754 half precision as stored numbers: weights take half the room.
#pragma once

#include <cstdint>

namespace starling {

/// To the nearest half, ties to even; beyond its range infinite.
std::uint16_t to_half(float value);
/// Exact.
float from_half(std::uint16_t half);

}  // namespace starling
