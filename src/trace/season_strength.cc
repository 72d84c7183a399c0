#include "trace/season_strength.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "trace/season_loess.h"

namespace starling {
namespace {

constexpr Duration kDay = 24h;
constexpr Duration kWeek = 168h;
constexpr int kRounds = 5;  // parts settle in two or three; each costs a pass
constexpr std::size_t kStepsMin = 4;

std::size_t phases_in(const Season& season) { return season.shape.size(); }

/// The smallest step that divides a day, is no shorter than the series' own, and gives no more than
/// `points_max` points; the series' own where that is longer than a day.
Duration usual_step(const Series& series, std::size_t points_max) {
  const double span = seconds(series.step) * static_cast<double>(series.size());
  const auto fits = [&](Duration step) {
    return step >= series.step && span <= seconds(step) * static_cast<double>(points_max);
  };
  if (kDay % series.step == Duration{0} && fits(series.step)) return series.step;
  for (const Duration step :
       {Duration{1s}, Duration{2s}, Duration{5s}, Duration{10s}, Duration{30s}, Duration{1min},
        Duration{2min}, Duration{5min}, Duration{10min}, Duration{15min}, Duration{30min},
        Duration{1h}, Duration{2h}, Duration{4h}, Duration{6h}, Duration{12h}, kDay}) {
    if (fits(step)) return step;
  }
  return series.step;
}

std::vector<double> averaged(const Series& series, Duration step) {
  const Duration span = series.step * static_cast<std::int64_t>(series.size());
  const auto length = static_cast<std::size_t>((span + step - Duration{1}) / step);
  std::vector<double> sums(length, 0);
  std::vector<int> counts(length, 0);
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (!series.present[i]) continue;
    const auto place = static_cast<std::size_t>(series.step * static_cast<std::int64_t>(i) / step);
    sums[place] += series.values[i];
    ++counts[place];
  }
  for (std::size_t i = 0; i < length; ++i) {
    sums[i] = counts[i] > 0 ? sums[i] / counts[i] : std::numeric_limits<double>::quiet_NaN();
  }
  return sums;
}

/// A season of that period without a shape yet, or nothing where the values are too few for it.
std::optional<Season> season_for(const std::vector<double>& value, Duration step, Duration period) {
  if (step <= Duration{0} || period % step != Duration{0}) return std::nullopt;
  const auto phases = static_cast<std::size_t>(period / step);
  if (phases < kStepsMin || value.size() < 2 * phases) return std::nullopt;
  std::vector<int> seen(phases, 0);
  for (std::size_t i = 0; i < value.size(); ++i) seen[i % phases] += std::isnan(value[i]) ? 0 : 1;
  const auto known = std::ranges::count_if(seen, [](int times) { return times >= 2; });
  if (2 * static_cast<std::size_t>(known) < phases) return std::nullopt;
  return Season{period, std::vector<double>(phases, 0.0)};
}

/// Shape := mean by phase of what trend and the other seasons leave, with its own mean taken out.
void fit_season(Decomposition& parts, Season& season) {
  const std::size_t phases = phases_in(season);
  std::vector<double> sums(phases, 0);
  std::vector<int> counts(phases, 0);
  for (std::size_t i = 0; i < parts.value.size(); ++i) {
    if (std::isnan(parts.value[i])) continue;
    const std::size_t phase = i % phases;
    sums[phase] += parts.value[i] - parts.trend[i] - parts.season_at(i) + season.shape[phase];
    ++counts[phase];
  }
  double mean = 0;
  int known = 0;
  for (std::size_t p = 0; p < phases; ++p) {
    if (counts[p] == 0) continue;
    sums[p] /= counts[p];
    mean += sums[p];
    ++known;
  }
  mean = known > 0 ? mean / known : 0;
  for (std::size_t p = 0; p < phases; ++p) season.shape[p] = counts[p] > 0 ? sums[p] - mean : 0;
}

void fit_trend(Decomposition& parts, std::size_t window) {
  std::vector<double> rest(parts.value.size());
  for (std::size_t i = 0; i < rest.size(); ++i) rest[i] = parts.value[i] - parts.season_at(i);
  Smoothed smoothed = loess(rest, window);
  parts.trend = std::move(smoothed.values);
  parts.trend_parameters = smoothed.parameters;
}

/// Σ (part + R)² about its mean, over the present places.
template <typename Part>
double squares_with(const Decomposition& parts, Part part) {
  double sum = 0;
  double squares = 0;
  double count = 0;
  for (std::size_t i = 0; i < parts.value.size(); ++i) {
    if (std::isnan(parts.value[i])) continue;
    const double value = part(i) + parts.remainder[i];
    ++count;
    const double off = value - sum / std::max(1.0, count - 1);
    sum += value;
    squares += off * (value - sum / count);
  }
  return squares;
}

}  // namespace

double Decomposition::season_at(std::size_t place) const {
  double sum = 0;
  for (const Season& season : seasons) sum += season.shape[place % season.shape.size()];
  return sum;
}

Decomposition decompose(const Series& series, std::size_t points_max) {
  Decomposition parts;
  parts.start = series.start;
  parts.step = usual_step(series, points_max);
  parts.value = averaged(series, parts.step);
  parts.trend.assign(parts.value.size(), 0);
  for (const Duration period : {kDay, kWeek}) {
    if (auto season = season_for(parts.value, parts.step, period)) {
      parts.seasons.push_back(std::move(*season));
    }
  }
  const std::size_t window =
      parts.seasons.empty() ? parts.value.size() / 3 : phases_in(parts.seasons.back()) * 3 / 2;
  const int rounds = parts.seasons.empty() ? 1 : kRounds;
  for (int round = 0; round < rounds; ++round) {
    fit_trend(parts, std::max<std::size_t>(window, 3));
    for (Season& season : parts.seasons) fit_season(parts, season);
  }
  parts.remainder.resize(parts.value.size());
  for (std::size_t i = 0; i < parts.value.size(); ++i) {
    parts.remainder[i] = parts.value[i] - parts.trend[i] - parts.season_at(i);
  }
  return parts;
}

Strengths strengths_of(const Decomposition& parts) {
  Strengths strengths{.step = parts.step};
  const auto present = static_cast<double>(
      std::ranges::count_if(parts.value, [](double v) { return !std::isnan(v); }));
  if (present < 10) return strengths;
  // A weekly shape can take every daily one: the degrees of freedom of both are those of the week.
  const auto all =
      parts.seasons.empty() ? 0.0 : static_cast<double>(phases_in(parts.seasons.back()));
  const double left = std::max(1.0, present - all - parts.trend_parameters);
  const double noise = squares_with(parts, [](std::size_t) { return 0.0; }) / left;
  // Σ (part + R)² is that of the part and of as much noise as it left degrees of freedom.
  const auto strength = [&](double squares, double freed) {
    const double variance = std::max(0.0, squares - noise * (left + freed)) / present;
    return variance + noise > 0 ? variance / (variance + noise) : 0.0;
  };
  strengths.trend = strength(squares_with(parts, [&](std::size_t i) { return parts.trend[i]; }),
                             parts.trend_parameters - 1);
  for (const Season& season : parts.seasons) {
    const double squares =
        squares_with(parts, [&](std::size_t i) { return season.shape[i % season.shape.size()]; });
    const bool alone = parts.seasons.size() == 1;
    const auto phases = static_cast<double>(phases_in(season));
    const auto daily = static_cast<double>(phases_in(parts.seasons.front()));
    if (season.period == kDay) strengths.daily = strength(squares, phases - 1);
    if (season.period == kWeek) strengths.weekly = strength(squares, phases - (alone ? 1 : daily));
  }
  return strengths;
}

}  // namespace starling
