// Implements forecast/meta/families.h.
#include "forecast/meta/families.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/clock.h"
#include "base/rng.h"
#include "feature/window.h"

namespace starling {
namespace {

constexpr int kRoundsMax = 50;

double distance(const Likeness& a, const Likeness& b) {
  double sum = 0;
  for (std::size_t f = 0; f < a.size(); ++f) sum += (a[f] - b[f]) * (a[f] - b[f]);
  return sum;
}

/// The nearest centre's index and its squared distance.
std::pair<std::size_t, double> nearest(const Likeness& point,
                                       const std::vector<Likeness>& centres) {
  std::pair<std::size_t, double> best{0, std::numeric_limits<double>::infinity()};
  for (std::size_t c = 0; c < centres.size(); ++c) {
    const double d = distance(point, centres[c]);
    if (d < best.second) best = {c, d};
  }
  return best;
}

void standardise(std::vector<Likeness>& points) {
  for (std::size_t f = 0; f < Likeness{}.size(); ++f) {
    double sum = 0, squares = 0;
    for (const Likeness& point : points) sum += point[f];
    const double mean = sum / static_cast<double>(points.size());
    for (const Likeness& point : points) squares += (point[f] - mean) * (point[f] - mean);
    const double deviation = std::sqrt(squares / static_cast<double>(points.size()));
    for (Likeness& point : points) point[f] = deviation > 1e-9 ? (point[f] - mean) / deviation : 0;
  }
}

/// k-means++: each next centre is a point, drawn by its squared distance from those before.
std::vector<Likeness> first_centres(const std::vector<Likeness>& points, std::size_t count,
                                    Rng& rng) {
  std::vector<Likeness> centres{points[rng.below(points.size())]};
  while (centres.size() < count) {
    std::vector<double> before{0};
    for (const Likeness& point : points) {
      before.push_back(before.back() + nearest(point, centres).second);
    }
    if (before.back() <= 0) break;  // fewer different points than centres
    const double at = rng.uniform(0, before.back());
    const auto after = std::upper_bound(before.begin() + 1, before.end() - 1, at);
    centres.push_back(points[static_cast<std::size_t>(after - before.begin() - 1)]);
  }
  return centres;
}

std::vector<std::size_t> assigned(const std::vector<Likeness>& points, std::size_t count,
                                  Rng& rng) {
  std::vector<Likeness> centres = first_centres(points, count, rng);
  std::vector<std::size_t> owner(points.size());
  for (int round = 0; round < kRoundsMax; ++round) {
    std::vector<std::size_t> next;
    for (const Likeness& point : points) next.push_back(nearest(point, centres).first);
    if (round > 0 && next == owner) break;
    owner = std::move(next);
    for (std::size_t c = 0; c < centres.size(); ++c) {
      Likeness sum{};
      double members = 0;
      for (std::size_t i = 0; i < points.size(); ++i) {
        if (owner[i] != c) continue;
        for (std::size_t f = 0; f < sum.size(); ++f) sum[f] += points[i][f];
        ++members;
      }
      if (members == 0) continue;
      for (std::size_t f = 0; f < sum.size(); ++f) centres[c][f] = sum[f] / members;
    }
  }
  return owner;
}

}  // namespace

std::vector<Family> families_by_label(std::span<const std::string> labels) {
  std::map<std::string, Family> by_name;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    Family& family = by_name[labels[i]];
    family.name = labels[i];
    family.workloads.push_back(i);
  }
  std::vector<Family> families;
  for (auto& [name, family] : by_name) families.push_back(std::move(family));
  return families;
}

Likeness likeness_of(const Series& series) {
  double sum = 0, squares = 0, peak = 0, changes = 0;
  int known = 0, zeros = 0, pairs = 0;
  const auto usable = [&](std::size_t i) {
    return series.present[i] && is_demand(series.values[i]);
  };
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (!usable(i)) continue;
    const double x = series.values[i];
    ++known;
    sum += x;
    zeros += x == 0;
    peak = std::max(peak, x);
    if (i == 0 || !usable(i - 1)) continue;
    ++pairs;
    changes += std::abs(x - series.values[i - 1]);
  }
  if (known == 0 || sum <= 0) return {};
  const double mean = sum / known;
  double products = 0;
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (!usable(i)) continue;
    const double x = series.values[i] - mean;
    squares += x * x;
    if (i > 0 && usable(i - 1)) products += x * (series.values[i - 1] - mean);
  }
  return {std::log(std::max(1e-3, seconds(series.step))), static_cast<double>(zeros) / known,
          std::log1p(std::sqrt(squares / known) / mean),  squares > 0 ? products / squares : 0,
          pairs > 0 ? changes / pairs / mean : 0,         std::log1p(peak / mean)};
}

std::vector<Family> families_by_likeness(std::span<const Series> workloads, int count,
                                         std::uint64_t seed) {
  if (workloads.empty() || count < 1) return {};
  std::vector<Likeness> points;
  for (const Series& series : workloads) points.push_back(likeness_of(series));
  standardise(points);
  Rng rng(seed);
  const auto owner = assigned(points, static_cast<std::size_t>(count), rng);
  std::vector<Family> families(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < owner.size(); ++i) families[owner[i]].workloads.push_back(i);
  std::erase_if(families, [](const Family& family) { return family.workloads.empty(); });
  std::stable_sort(families.begin(), families.end(), [](const Family& a, const Family& b) {
    return a.workloads.size() > b.workloads.size();
  });
  for (std::size_t c = 0; c < families.size(); ++c) families[c].name = fmt::format("cluster-{}", c);
  return families;
}

}  // namespace starling
