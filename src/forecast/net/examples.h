// Histories with what followed them: what networks are trained and judged on.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "forecast/net/encoding.h"

namespace starling {

/// A history with what followed.
struct Example {
  Encoded history;
  std::size_t origin = 0;  // index of the first outcome in the history that it was taken from
  std::array<float, kNetHorizon> outcome{};
  std::array<float, kNetHorizon> known{};  // 1 where the outcome is known
  float weight = 1;                        // of its loss among those of other examples
};

/// The outcomes that follow `origin` in `history`, in the scale of what came before it. Nothing
/// where the past cannot be encoded or no outcome is known.
std::optional<Example> example_at(const HistoryView& history, std::size_t origin, Regime regime);

/// Examples from one workload's past, oldest first: each origin is followed by kNetHorizon steps
/// inside the history and comes `stride` steps after the one before it; the newest ones when there
/// are more than `count_max`. Windows without a known outcome are left out.
std::vector<Example> examples_of(const HistoryView& history, Regime regime, int stride,
                                 int count_max);

/// The part [first, last) of a history.
HistoryView slice(const HistoryView& history, std::size_t first, std::size_t last);

}  // namespace starling
