// Partial aggregates of many nodes into one, and of fine groups into coarse ones: pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "history/cube_partial.h"

namespace starling::history {

/// Groups with the same keys become one: sums add, histograms add, registers take the maximum, and
/// spans take the maximum, for nodes run beside each other. The partials must be of the same cube.
/// Errors: kTooLarge beyond `limits`.
Result<CubePartial> merge(const std::vector<CubePartial>& partials, const CubeLimits& limits);

/// The groups by the keys with kept[i] alone, as one of GROUPING SETS would give them: exact, for
/// everything in a partial merges.
CubePartial roll_up(const CubePartial& partial, const std::vector<bool>& kept);

}  // namespace starling::history
