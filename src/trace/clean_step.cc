#include "trace/clean_step.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

#include "base/units.h"
#include "trace/clean_times.h"
#include "trace/floor_divide.h"
#include "trace/timestamp.h"

namespace starling {
namespace {

constexpr double kJitter = 0.1;

/// Distances of neighbours that differ and how often each occurs, by distance.
std::vector<std::pair<std::int64_t, std::int64_t>> distances_of(
    const std::vector<std::int64_t>& times_us) {
  std::unordered_map<std::int64_t, std::int64_t> counts;
  for (std::size_t i = 1; i < times_us.size(); ++i) {
    std::int64_t distance = 0;
    if (__builtin_sub_overflow(times_us[i], times_us[i - 1], &distance)) continue;
    if (distance > 0) ++counts[distance];
  }
  std::vector<std::pair<std::int64_t, std::int64_t>> sorted(counts.begin(), counts.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

Duration rounded_step(double step_us) {
  constexpr std::array<Duration, 16> kUsual{100ms, 500ms, 1s,   2s,   5s,    10s,   15s,   20s,
                                            30s,   1min,  2min, 5min, 10min, 15min, 30min, 1h};
  for (const Duration usual : kUsual) {
    const auto us = static_cast<double>(usual.count());
    if (std::abs(step_us - us) <= 0.01 * us) return usual;
  }
  const double grain = step_us >= 10e6 ? 1e6 : step_us >= 10e3 ? 1e3 : 1;
  return Duration{static_cast<std::int64_t>(std::round(step_us / grain) * grain)};
}

/// The most common distance where jitter is one with its neighbours.
Duration jittered_step(const std::vector<std::pair<std::int64_t, std::int64_t>>& distances) {
  std::int64_t best_count = 0;
  std::size_t best_begin = 0;
  std::size_t best_end = 0;
  std::int64_t count = 0;
  for (std::size_t begin = 0, end = 0; begin < distances.size(); ++begin) {
    const double limit = static_cast<double>(distances[begin].first) * (1 + kJitter);
    while (end < distances.size() && static_cast<double>(distances[end].first) <= limit) {
      count += distances[end++].second;
    }
    if (count > best_count) {
      best_count = count;
      best_begin = begin;
      best_end = end;
    }
    count -= distances[begin].second;
  }
  double sum = 0;
  for (std::size_t i = best_begin; i < best_end; ++i) {
    if (10 * distances[i].second >= 9 * best_count) return Duration{distances[i].first};
    sum += static_cast<double>(distances[i].first) * static_cast<double>(distances[i].second);
  }
  return rounded_step(sum / static_cast<double>(best_count));
}

struct Span {
  std::int64_t start_us = 0;
  std::int64_t slots = 0;
};

/// The grid's place and length; no timestamp overflows it.
Result<Span> span_of(const Samples& samples, const GridOptions& options) {
  const std::int64_t step = options.step.count();
  const std::int64_t first =
      options.is_events ? options.from.time_since_epoch().count() : samples.times_us.front();
  const std::int64_t last =
      options.is_events ? options.to.time_since_epoch().count() : samples.times_us.back();
  // A double holds any of them; what follows is whole numbers well inside 64 bits.
  constexpr double kFarthestUs = 4e18;
  const double length = static_cast<double>(last) - static_cast<double>(first);
  if (length / static_cast<double>(step) > static_cast<double>(options.points_max - 2) ||
      std::max(length, std::abs(static_cast<double>(first))) > kFarthestUs) {
    return fail(ErrorCode::kTooLarge,
                "workload '{}': from {} to {} are more than {} points at a step of {}; mend the "
                "outlying times, or state a longer step",
                samples.workload, timestamp_text(TimePoint{Duration{first}}, options.has_calendar),
                timestamp_text(TimePoint{Duration{last}}, options.has_calendar), options.points_max,
                format_duration(options.step));
  }
  const std::int64_t start = options.is_events ? floor_divide(first, step) * step : first;
  return Span{start, (last - start + (options.is_events ? 0 : step / 2)) / step + 1};
}

/// Counts the stretches of steps that no row fell into.
void count_gaps(const std::vector<std::uint8_t>& has_row, const GridOptions& options,
                Gridded& into) {
  for (std::size_t begin = 0; begin < has_row.size();) {
    if (has_row[begin]) {
      ++begin;
      continue;
    }
    std::size_t end = begin;
    while (end < has_row.size() && !has_row[end]) ++end;
    into.empty += static_cast<std::int64_t>(end - begin);
    into.gaps.add([&] {
      const TimePoint from = into.series.start + static_cast<std::int64_t>(begin) * options.step;
      return fmt::format("{} from {}",
                         format_duration(static_cast<std::int64_t>(end - begin) * options.step),
                         timestamp_text(from, options.has_calendar));
    });
    begin = end;
  }
}

}  // namespace

std::optional<DetectedStep> detect_step(const std::vector<std::int64_t>& times_us) {
  const auto distances = distances_of(times_us);
  if (distances.empty()) return std::nullopt;
  DetectedStep found{.step = jittered_step(distances)};
  const auto step = static_cast<double>(found.step.count());
  for (const auto& [distance, count] : distances) {
    found.distances += count;
    const double steps = static_cast<double>(distance) / step;
    const double whole = std::max(1.0, std::round(steps));
    if (std::abs(steps - whole) <= kJitter) found.fitting += count;
  }
  return found;
}

Result<Gridded> lay_on_grid(Samples samples, const GridOptions& options) {
  const auto span = span_of(samples, options);
  if (!span) return fail(span.error());
  Gridded result;
  Series& series = result.series;
  series.workload = std::move(samples.workload);
  series.start = TimePoint{Duration{span->start_us}};
  series.step = options.step;
  series.values.assign(static_cast<std::size_t>(span->slots), 0.0);
  series.present.assign(series.values.size(), 0);
  std::vector<std::uint8_t> has_row(series.values.size(), 0);

  const std::int64_t step = options.step.count();
  const std::int64_t rounding = options.is_events ? 0 : step / 2;
  const auto slot_of = [&](std::size_t row) {
    return (samples.times_us[row] - span->start_us + rounding) / step;
  };
  std::vector<double> group;
  for (std::size_t begin = 0; begin < samples.values.size();) {
    const std::int64_t slot = slot_of(begin);
    std::size_t end = begin;
    group.clear();
    for (; end < samples.values.size() && slot_of(end) == slot; ++end) {
      if (!std::isnan(samples.values[end])) group.push_back(samples.values[end]);
    }
    if (end - begin > 1 && !options.is_events) {
      result.shared.add([&] {
        return fmt::format(
            "{} rows within {} from {}", end - begin, format_duration(options.step),
            timestamp_text(series.start + slot * options.step, options.has_calendar));
      });
      result.shared.points += static_cast<std::int64_t>(end - begin) - 2;
    }
    const auto index = static_cast<std::size_t>(slot);
    has_row[index] = 1;
    if (!group.empty()) {
      series.values[index] = merged(group, options.quantity);
      series.present[index] = 1;
    }
    begin = end;
  }
  if (options.is_events) {
    for (std::size_t i = 0; i < has_row.size(); ++i) {
      if (!has_row[i]) series.present[i] = 1;
    }
  }
  count_gaps(has_row, options, result);
  return result;
}

}  // namespace starling
