// What the network sees of a history, and the scale in which it answers. No libtorch here.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "feature/window.h"
#include "forecast/forecaster.h"

namespace starling {

/// Counted up whenever inputs or outputs change their meaning: weights belong to one encoding.
inline constexpr int kEncodingVersion = 1;

inline constexpr int kNetHorizon = 12;
inline constexpr int kRecent = 64;  // points seen one by one
inline constexpr int kCoarse = 24;  // means of eight points, of the time before
inline constexpr int kCoarseStep = 8;
inline constexpr int kContext = kRecent + kCoarse * kCoarseStep;  // points that matter
inline constexpr int kKnownMin = 8;  // recent known points below which the network is not asked

/// Simple forecasts that the network weighs, for each step of the horizon: the smoothed level
/// (SES), the last known value, the means of the last 8 and of all recent points, the level with
/// half the recent trend, the value one echo earlier, the mean at the same time of up to three
/// earlier seasons.
inline constexpr int kBases = 7;

inline constexpr int kInputs = 3 * kRecent + 2 * kCoarse + 2 * 5 * 3 + 2 * kNetHorizon + 4 + 7;
/// For each step: a weight for each base, the median's shift, and the gaps between quantiles.
inline constexpr int kOutputsPerStep = kBases + 1 + static_cast<int>(kQuantileLevels.size()) - 1;
inline constexpr int kOutputs = kNetHorizon * kOutputsPerStep;

/// One history as the network takes it. Every value y stands as (y − level) / spread.
struct Encoded {
  double level = 0;
  double spread = 1;
  std::array<float, kInputs> inputs{};
  std::array<float, kNetHorizon * kBases> bases{};
  float zero = 0;  // where a demand of zero lies
};

/// A history with what followed.
struct Example {
  Encoded history;
  std::size_t origin = 0;  // index of the first outcome in the history that it was taken from
  std::array<float, kNetHorizon> outcome{};
  std::array<float, kNetHorizon> known{};  // 1 where the outcome is known
};

/// Nothing when fewer than kKnownMin of the last kRecent points are known, or when all that are
/// known are zero: silence has no scale in which the network could answer. Does not depend on the
/// unit of the values, the length of a step or the calendar.
std::optional<Encoded> encode(const HistoryView& history);

/// Examples from one workload's past, oldest first: each origin is followed by kNetHorizon steps
/// inside the history and comes `stride` steps after the one before it; the newest ones when there
/// are more than `count_max`. Windows without a known outcome are left out.
std::vector<Example> examples_of(const HistoryView& history, int stride, int count_max);

/// The part [first, last) of a history.
HistoryView slice(const HistoryView& history, std::size_t first, std::size_t last);

}  // namespace starling
