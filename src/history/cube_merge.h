// Partial aggregates of many nodes into one, and of fine groups into coarse ones: pure functions.
#pragma once

#include <vector>

#include "base/result.h"
#include "history/cube_accumulator.h"
#include "history/cube_partial.h"

namespace starling::history {

/// Merges partials of the same cube as they come, so that each can be dropped at once. Groups with
/// the same keys become one: sums and histograms add, registers take the maximum, and so do spans
/// of time, for nodes run beside each other.
class CubeMerge {
 public:
  explicit CubeMerge(const CubeLimits& limits) : limits_(limits) {}

  /// Errors: kTooLarge beyond the limits; the merge is of no use afterwards.
  Status add(const CubePartial& partial);
  CubePartial take() { return all_.take(); }

 private:
  CubeLimits limits_;
  CubeAccumulator all_{CubeAccumulator::Spans::kBeside};
};

/// All of them merged.
Result<CubePartial> merge(const std::vector<CubePartial>& partials, const CubeLimits& limits);

/// The groups by the keys with kept[i] alone, as one of GROUPING SETS would give them: exact, for
/// everything in a partial merges.
CubePartial roll_up(const CubePartial& partial, const std::vector<bool>& kept);

}  // namespace starling::history
