#include "trace/describe.h"

#include "trace/change_points.h"

namespace starling {
namespace {

/// How many events one value stands for; nothing where it does not count events.
std::optional<double> events_per_value(const Series& series, const Measured& measured) {
  if (measured.quantity == Quantity::kRate) return seconds(series.step);
  const bool counts =
      measured.quantity == Quantity::kCount || (measured.unit.empty() && looks_like_counts(series));
  return counts ? std::optional<double>(1) : std::nullopt;
}

/// What is left when the seasons are taken out, the weekly one only from four weeks on: in fewer, a
/// change of level looks like the shape of a week.
std::vector<double> season_adjusted(const Decomposition& parts) {
  const Duration span = parts.step * static_cast<std::int64_t>(parts.value.size());
  std::vector<double> adjusted = parts.value;
  for (const Season& season : parts.seasons) {
    if (span < 4 * season.period) continue;
    for (std::size_t i = 0; i < adjusted.size(); ++i) {
      adjusted[i] -= season.shape[i % season.shape.size()];
    }
  }
  return adjusted;
}

/// Where there are days to compare, a level must last for one, and for longer than a weekend in
/// series of weeks: over whole days, what the seasons' shapes leave cancels.
std::vector<LevelChange> level_changes(const Decomposition& parts) {
  const Duration span = parts.step * static_cast<std::int64_t>(parts.value.size());
  std::size_t lasting = 0;
  if (!parts.seasons.empty()) {
    const Duration least = span < 14 * 24h ? Duration{24h} : Duration{72h};
    lasting = static_cast<std::size_t>(least / parts.step);
  }
  std::vector<LevelChange> changes;
  for (const Change& change : change_points(season_adjusted(parts), {.segment_min = lasting})) {
    changes.push_back({parts.start + parts.step * static_cast<std::int64_t>(change.index),
                       change.before, change.after});
  }
  return changes;
}

}  // namespace

std::optional<double> Description::variation() const {
  return levels.mean > 0 ? std::optional(levels.deviation / levels.mean) : std::nullopt;
}

std::optional<double> Description::peak_to_mean() const {
  return levels.mean > 0 ? std::optional(levels.peak / levels.mean) : std::nullopt;
}

Description describe(const Series& series, const Measured& measured) {
  Description description;
  description.workload = series.workload;
  description.start = series.start;
  description.step = series.step;
  description.points = series.size();
  description.gaps = gaps_of(series);
  description.levels = levels_of(series);
  if (const auto events = events_per_value(series, measured)) {
    description.dispersion = dispersion_of(series, *events);
  }
  description.demand = demand_of(series);
  const Decomposition parts = decompose(series);
  description.strengths = strengths_of(parts);
  description.correlations = calendar_autocorrelations(series);
  description.changes = level_changes(parts);
  return description;
}

}  // namespace starling
