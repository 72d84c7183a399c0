// Implements forecast/net/windows.h.
#include "forecast/net/windows.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace starling {
namespace {

constexpr std::array<int, 3> kFactors{2, 5, 10};
constexpr Duration kStepMax = 601s;
constexpr std::size_t kFutureMin = 4;  // steps of a horizon that must lie inside the series
constexpr int kTriesMax = 64;
constexpr double kUsualSpread = 0.2;  // of a window, in means of its set's workloads
constexpr double kWeightMax = 4;

std::size_t past_min(Regime regime) {
  return static_cast<std::size_t>(regime == Regime::kShort ? kKnownMin : kRecent);
}

/// Points of past that the regime is judged with: an hour or so; two days at steps of minutes, a
/// week at longer ones.
std::size_t past_wanted(Regime regime, Duration step) {
  if (regime == Regime::kShort) return kRecent;
  const Duration span = step < 150s ? Duration(48h) : Duration(7 * 24h);
  return std::clamp<std::size_t>(static_cast<std::size_t>(span / step), 720, 4320);
}

/// Hides one to three stretches of the past.
std::vector<std::uint8_t> with_gaps(std::span<const std::uint8_t> present, Rng& rng) {
  std::vector<std::uint8_t> masked(present.begin(), present.end());
  const std::uint64_t gaps = 1 + rng.below(3);
  for (std::uint64_t g = 0; g < gaps; ++g) {
    const std::size_t reach =
        std::min<std::size_t>(masked.size(), rng.chance(0.5) ? kRecent : masked.size());
    const std::size_t length = 1 + rng.below(std::max<std::size_t>(1, reach / 6));
    const std::size_t first = masked.size() - reach + rng.below(reach);
    const std::size_t last = std::min(masked.size(), first + length);
    std::fill(masked.begin() + static_cast<std::ptrdiff_t>(first),
              masked.begin() + static_cast<std::ptrdiff_t>(last), 0);
  }
  return masked;
}

/// One of `parts`, each of which says in weight_before where its share of `total` begins.
template <typename Part>
const Part& drawn(const std::vector<Part>& parts, double total, Rng& rng) {
  const double at = rng.uniform(0, total);
  const auto after =
      std::upper_bound(parts.begin(), parts.end(), at,
                       [](double x, const Part& part) { return x < part.weight_before; });
  return *std::prev(after);
}

}  // namespace

double mean_of(const Series& series) {
  double sum = 0;
  int known = 0;
  for (std::size_t i = 0; i < series.size(); ++i) {
    sum += series.present[i] ? series.values[i] : 0;
    known += series.present[i];
  }
  return known > 0 ? sum / known : 0;
}

Series aggregated(const Series& series, int factor) {
  const auto width = static_cast<std::size_t>(factor);
  Series coarse{.workload = series.workload,
                .start = series.start,
                .step = series.step * factor,
                .values = {},
                .present = {}};
  for (std::size_t first = 0; first + width <= series.size(); first += width) {
    double sum = 0;
    std::size_t known = 0;
    for (std::size_t i = first; i < first + width; ++i) {
      sum += series.present[i] ? series.values[i] : 0;
      known += series.present[i];
    }
    const bool enough = 2 * known >= width;
    coarse.values.push_back(enough ? sum / static_cast<double>(known) : 0);
    coarse.present.push_back(enough);
  }
  return coarse;
}

WindowSampler::WindowSampler(std::vector<TrainingSet> sets, Regime regime,
                             const WindowOptions& options)
    : regime_(regime), options_(options) {
  const std::size_t points_min = past_min(regime) + kNetHorizon;
  for (TrainingSet& given : sets) {
    Set set{.name = std::move(given.name),
            .weight_before = weight_,
            .weight = 0,
            .volume = 0,
            .workloads = {}};
    double busiest = 1e-9;
    for (const Series& series : given.workloads) busiest = std::max(busiest, mean_of(series));
    for (Series& series : given.workloads) {
      if (series.size() < points_min) continue;
      Workload workload;
      for (const int factor : kFactors) {
        if (series.step * factor > kStepMax) break;
        Series coarse = aggregated(series, factor);
        if (coarse.size() >= points_min) workload.resolutions.push_back(std::move(coarse));
      }
      // A silent workload keeps a little weight: silence has to be learned too.
      const double mean = mean_of(series);
      const double weight = std::pow(std::max(mean, 1e-3 * busiest), options.volume_power);
      workload.weight_before = set.weight;
      set.weight += weight;
      set.volume += weight * mean;
      workload.resolutions.insert(workload.resolutions.begin(), std::move(series));
      set.workloads.push_back(std::move(workload));
    }
    if (set.workloads.empty() || given.weight <= 0) continue;
    set.volume = std::max(1e-9, set.volume / set.weight);
    weight_ += given.weight;
    sets_.push_back(std::move(set));
  }
}

std::optional<Example> WindowSampler::try_draw(const Set& set, Rng& rng) const {
  const Workload& workload = drawn(set.workloads, set.weight, rng);
  const std::size_t coarser = workload.resolutions.size() - 1;
  const std::size_t at =
      coarser > 0 && rng.chance(options_.aggregated_share) ? 1 + rng.below(coarser) : 0;
  const Series& series = workload.resolutions[at];
  const std::size_t first_origin = past_min(regime_);
  const std::size_t origin =
      first_origin + rng.below(series.size() - kFutureMin - first_origin + 1);

  std::size_t length = past_wanted(regime_, series.step);
  if (rng.chance(options_.shortened_share)) {
    const double shortest = static_cast<double>(first_origin);
    length = static_cast<std::size_t>(
        shortest * std::pow(static_cast<double>(length) / shortest, rng.uniform()));
  }
  const std::size_t first = origin - std::min(origin, length);
  const std::size_t last = std::min(series.size(), origin + kNetHorizon);
  HistoryView view{.values = series.values,
                   .present = series.present,
                   .start = series.start,
                   .step = series.step,
                   .season = 0};
  view = slice(view, first, last);
  const std::size_t past = origin - first;

  std::vector<std::uint8_t> masked;
  if (rng.chance(options_.masked_share)) {
    masked = with_gaps(view.present.first(past), rng);
    masked.insert(masked.end(), view.present.begin() + static_cast<std::ptrdiff_t>(past),
                  view.present.end());
    view.present = masked;
  }
  auto example = example_at(view, past, regime_);
  if (example) {
    const double usual = kUsualSpread * set.volume;
    const double weight = std::pow(example->history.spread / usual, options_.spread_power);
    example->weight = static_cast<float>(std::clamp(weight, 1 / kWeightMax, kWeightMax));
  }
  return example;
}

Example WindowSampler::example_of(const Set& set, Rng& rng) const {
  for (int attempt = 0; attempt < kTriesMax; ++attempt) {
    if (auto example = try_draw(set, rng)) return std::move(*example);
  }
  // A set that is silent throughout teaches nothing; an example without outcome does not count.
  Example nothing;
  nothing.history.regime = regime_;
  nothing.history.inputs.resize(static_cast<std::size_t>(inputs_of(regime_)));
  nothing.history.bases.resize(static_cast<std::size_t>(kNetHorizon * bases_of(regime_)));
  return nothing;
}

Example WindowSampler::draw_from(std::size_t set, Rng& rng) const {
  return example_of(sets_[set], rng);
}

Example WindowSampler::draw(Rng& rng) const { return example_of(drawn(sets_, weight_, rng), rng); }

}  // namespace starling
