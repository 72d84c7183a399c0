// Synthetic workloads that are no request counts: utilisation, memory, replicas, queue lengths.
#pragma once

#include <cstdint>
#include <vector>

#include "trace/series.h"

namespace starling::lab {

/// `count` workloads of 2016 points at 1 or 10 min. Each draws its own traits: a level that stays,
/// jumps or wanders, at times a cycle of any length, persistent or white noise, spikes that fade,
/// and how it is measured (exactly, in whole units, with a ceiling, with gaps). What request counts
/// never show and these do is persistence: the last value is often the best forecast, and often
/// exact.
std::vector<Series> synthesize_gauges(int count, std::uint64_t seed);

}  // namespace starling::lab
