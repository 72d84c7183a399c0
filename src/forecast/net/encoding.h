// What the networks see of a history, and the scale in which they answer. No
// libtorch here.
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
inline constexpr int kEncodingVersion = 2;

/// How much past a network reads: an hour or so, or days. Each regime has a network of its own.
enum class Regime { kShort, kLong };
inline constexpr std::array<Regime, 2> kRegimes{Regime::kShort, Regime::kLong};
const char* regime_name(Regime regime);

inline constexpr int kNetHorizon = 15;
inline constexpr int kRecent = 64;      // points seen one by one
inline constexpr int kLongMin = 96;     // points of history from which the long regime reads
inline constexpr int kContext = 2016;   // points that the long regime averages: a week of 5 min
inline constexpr int kSeasonsBack = 7;  // earlier days that it looks up, wherever they lie
inline constexpr int kKnownMin = 8;     // recent known points below which no network is asked

/// Means of `length` points each, `count` of them, newest first.
struct Pooling {
  int length = 0;
  int count = 0;
};
inline constexpr std::array<Pooling, 3> kPoolings{{{4, 48}, {12, 48}, {48, 42}}};

/// Simple forecasts that the network weighs, for each step of the horizon. Both regimes: the
/// smoothed level (SES), the last known value, the mean of the last 8, the mean and the median of
/// the recent points, the level with half the recent trend (theta), the value one echo earlier and
/// the mean of up to three. Long: one season earlier, the mean over seasons, seven seasons earlier,
/// the seasonal mean moved by (added, multiplied) and recency-weighted to the present level, and
/// the mean of the last day's worth of points.
inline constexpr int kShortBases = 8;
inline constexpr int kLongBases = kShortBases + 7;

constexpr int bases_of(Regime regime) {
  return regime == Regime::kShort ? kShortBases : kLongBases;
}
/// Length of the input vector.
int inputs_of(Regime regime);
/// For each step: a weight for each base, the median's shift, and the gaps between quantiles.
constexpr int outputs_per_step(Regime regime) {
  return bases_of(regime) + 1 + static_cast<int>(kQuantileLevels.size()) - 1;
}
constexpr int outputs_of(Regime regime) { return kNetHorizon * outputs_per_step(regime); }

/// One history as the network takes it. Every value y stands as (y − level) / spread.
struct Encoded {
  Regime regime = Regime::kShort;
  double level = 0;
  double spread = 1;
  float zero = 0;             // where a demand of zero lies
  bool whole = false;         // a count that seldom changes: its forecasts are rounded
  bool steady = false;        // such a count for at least kLongMin points, without an echo
  std::vector<float> inputs;  // [inputs_of(regime)]
  std::vector<float> bases;   // [kNetHorizon, bases_of(regime)]
};

/// The regime that reads a history of this many points best.
constexpr Regime regime_of(std::size_t points) {
  return points < static_cast<std::size_t>(kLongMin) ? Regime::kShort : Regime::kLong;
}

/// Nothing when fewer than kKnownMin of the last kRecent points are known, or when all that are
/// known (in the long regime: of the last kContext) are zero: silence has no scale in which a
/// network could answer. Does not depend on the unit of the values. The season is the history's, or
/// a day where it names none; calendar inputs are given from 1990 on, as earlier starts mean
/// "seconds from the start of the file".
std::optional<Encoded> encode(const HistoryView& history, Regime regime);
/// In the regime of the history's length.
std::optional<Encoded> encode(const HistoryView& history);

}  // namespace starling
