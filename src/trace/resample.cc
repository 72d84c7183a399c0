#include "trace/resample.h"

#include <algorithm>
#include <cstdlib>

#include "base/units.h"

namespace starling {
namespace {

constexpr std::int64_t kBucketsMax = 100'000'000;

/// A known point's part in a bucket.
struct Part {
  double value = 0;
  double time_us = 0;  // shared with the bucket
};

double weighted_percentile(std::vector<Part>& parts, double percentile, double known_us) {
  std::sort(parts.begin(), parts.end(),
            [](const Part& a, const Part& b) { return a.value < b.value; });
  const double rank = percentile / 100 * known_us;
  double passed = 0;
  for (const Part& part : parts) {
    passed += part.time_us;
    if (passed >= rank) return part.value;
  }
  return parts.back().value;
}

/// The bucket's value; there is at least one part.
double combined(std::vector<Part>& parts, const Resampling& resampling, double known_us,
                double bucket_us, double point_us) {
  double sum = 0;
  double max = parts.front().value;
  for (const Part& part : parts) {
    sum += part.value * part.time_us;
    max = std::max(max, part.value);
  }
  switch (resampling.how) {
    case How::kSum:
      return known_us == bucket_us ? sum / point_us : sum / point_us * (bucket_us / known_us);
    case How::kMean:
      return sum / known_us;
    case How::kMax:
      return max;
    case How::kPercentile:
      return weighted_percentile(parts, resampling.percentile, known_us);
  }
  return 0;
}

}  // namespace

Result<Resampling> parse_resampling(std::string_view text) {
  if (text == "sum") return Resampling{How::kSum};
  if (text == "mean") return Resampling{How::kMean};
  if (text == "max") return Resampling{How::kMax};
  if (text.starts_with('p') && text.size() > 1) {
    const std::string number(text.substr(1));
    char* end = nullptr;
    const double percentile = std::strtod(number.c_str(), &end);
    if (*end == '\0' && percentile > 0 && percentile < 100) {
      return Resampling{How::kPercentile, percentile};
    }
  }
  return fail(ErrorCode::kInvalid,
              "'{}' is no way to combine points: expected sum, mean, max or a percentile such as "
              "p95",
              text);
}

std::string format_resampling(const Resampling& resampling) {
  switch (resampling.how) {
    case How::kSum:
      return "sum";
    case How::kMean:
      return "mean";
    case How::kMax:
      return "max";
    case How::kPercentile:
      return fmt::format("p{}", resampling.percentile);
  }
  return "";
}

Resampling resampling_for(Quantity quantity) {
  return {quantity == Quantity::kCount ? How::kSum : How::kMean};
}

Result<Series> resample(const Series& series, Duration step, const Resampling& resampling,
                        double known_min) {
  if (step <= Duration{0}) return fail(ErrorCode::kInvalid, "a step must be longer than 0s");
  const std::int64_t bucket = step.count();
  const std::int64_t point = series.step.count();
  const std::int64_t begin = series.start.time_since_epoch().count();
  const std::int64_t end = begin + static_cast<std::int64_t>(series.size()) * point;
  const std::int64_t first = begin - ((begin % bucket) + bucket) % bucket;
  const std::int64_t buckets = (end - first + bucket - 1) / bucket;
  if (buckets > kBucketsMax) {
    return fail(ErrorCode::kTooLarge, "workload '{}': {} buckets of {} are more than {}",
                series.workload, buckets, format_duration(step), kBucketsMax);
  }
  Series result{.workload = series.workload,
                .start = TimePoint{Duration{first}},
                .step = step,
                .values = std::vector<double>(static_cast<std::size_t>(buckets), 0.0),
                .present = std::vector<std::uint8_t>(static_cast<std::size_t>(buckets), 0)};
  std::vector<Part> parts;
  for (std::size_t i = 0; i < result.size(); ++i) {
    const std::int64_t from = first + static_cast<std::int64_t>(i) * bucket;
    const std::int64_t to = from + bucket;
    parts.clear();
    std::int64_t known = 0;
    auto j = static_cast<std::size_t>(std::max<std::int64_t>(0, (from - begin) / point));
    for (; j < series.size(); ++j) {
      const std::int64_t at = begin + static_cast<std::int64_t>(j) * point;
      if (at >= to) break;
      const std::int64_t shared = std::min(at + point, to) - std::max(at, from);
      if (!series.present[j] || shared <= 0) continue;
      parts.push_back({series.values[j], static_cast<double>(shared)});
      known += shared;
    }
    const auto known_us = static_cast<double>(known);
    if (parts.empty() || known_us < known_min * static_cast<double>(bucket)) continue;
    result.values[i] = combined(parts, resampling, known_us, static_cast<double>(bucket),
                                static_cast<double>(point));
    result.present[i] = 1;
  }
  return result;
}

}  // namespace starling
