// Series at another step.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "trace/samples.h"
#include "trace/series.h"

namespace starling {

enum class How { kSum, kMean, kMax, kPercentile };

/// How the points of a bucket become one.
struct Resampling {
  How how = How::kMean;
  double percentile = 0;  // in (0, 100), with kPercentile
};

/// "sum", "mean", "max", "p50", "p99.9"; errors list these.
Result<Resampling> parse_resampling(std::string_view text);
std::string format_resampling(const Resampling& resampling);

/// What the quantity demands: counts add up, rates and gauges have a mean. A counter is turned
/// into counts before.
Resampling resampling_for(Quantity quantity);

/// The series in buckets of `step` that begin at whole multiples of it since the epoch, from coarse
/// to fine or fine to coarse; the steps need not divide each other. A point lies in its buckets in
/// proportion to the time it shares with each: a count is spread evenly over its interval, a level
/// holds throughout. The percentile is of the points, weighted by shared time: the smallest one
/// that at least that part of the time does not exceed.
///
/// A bucket is missing when less than `known_min` of its time is known; missing points and time
/// outside the series are alike unknown. Otherwise the known part stands for the whole: a sum is
/// scaled by bucket time ÷ known time. So a total is kept where the buckets are wholly known.
/// Errors: a step that is not positive, more than 100 million buckets.
Result<Series> resample(const Series& series, Duration step, const Resampling& resampling,
                        double known_min = 0.5);

}  // namespace starling
