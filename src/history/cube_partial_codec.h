// The form in which partial aggregates travel from node to node.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "history/cube_partial.h"

namespace starling::history {

/// A line of JSON with the number of groups and the values of each key, then columns as bytes:
/// each key's codes, each sum, histograms, registers. Numbers take a byte for every seven bits
/// (LEB128), so reading is a pass over few bytes, and no JSON parser sees them.
std::string encode(const CubePartial& partial);

/// Reads what another node sent for `cube`. Errors: kInvalid for anything that is not a partial of
/// it, kTooLarge beyond `limits`.
Result<CubePartial> decode_partial(std::string_view bytes, const Cube& cube,
                                   const CubeLimits& limits);

}  // namespace starling::history
