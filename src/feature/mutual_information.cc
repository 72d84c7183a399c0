// Implements feature/mutual_information.h.
#include "feature/mutual_information.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace starling {
namespace {

constexpr int kBinsMin = 2;
constexpr int kBinsMax = 32;

/// n·H of a histogram by maximum likelihood, with Miller and Madow's correction.
double total_entropy(const std::vector<std::uint32_t>& counts, double n) {
  double sum = 0;
  int occupied = 0;
  for (const std::uint32_t count : counts) {
    if (count == 0) continue;
    ++occupied;
    sum += count * std::log(n / count);
  }
  return sum + (occupied - 1) / 2.0;
}

/// The least value of each bin but the first. A bin is full when it holds its share of what is
/// left.
std::vector<float> bin_edges(const std::vector<float>& sorted, int bins_max) {
  std::vector<float> edges;
  std::size_t bin = 0;  // where the present bin begins
  for (std::size_t run = 0; run < sorted.size();) {
    std::size_t next = run;
    while (next < sorted.size() && sorted[next] == sorted[run]) ++next;
    const std::size_t bins_left = static_cast<std::size_t>(bins_max) - edges.size();
    if (bins_left <= 1) break;
    const std::size_t share = (sorted.size() - bin + bins_left - 1) / bins_left;
    const bool full = run - bin >= share;
    const bool frequent = next - run >= share;
    if (run > bin && (full || frequent)) {
      edges.push_back(sorted[run]);
      bin = run;
      continue;
    }
    run = next;
  }
  return edges;
}

}  // namespace

int bin_count(std::size_t rows) {
  return std::clamp(static_cast<int>(std::cbrt(static_cast<double>(rows))), kBinsMin, kBinsMax);
}

BinnedColumn equal_frequency_bins(std::span<const double> values, int bins_max) {
  assert(bins_max >= 1 && bins_max < kUnknownBin);
  // What differs by rounding alone is equal.
  std::vector<float> sorted;
  sorted.reserve(values.size());
  for (const double x : values) {
    if (!std::isnan(x)) sorted.push_back(static_cast<float>(x));
  }
  std::sort(sorted.begin(), sorted.end());
  const std::vector<float> edges = bin_edges(sorted, bins_max);

  BinnedColumn binned{.bins = {}, .count = static_cast<int>(edges.size()) + 1};
  binned.bins.reserve(values.size());
  for (const double x : values) {
    const auto above =
        std::upper_bound(edges.begin(), edges.end(), static_cast<float>(x)) - edges.begin();
    binned.bins.push_back(std::isnan(x) ? kUnknownBin : static_cast<std::uint8_t>(above));
  }
  return binned;
}

double mutual_information(const BinnedColumn& x, const BinnedColumn& y) {
  assert(x.bins.size() == y.bins.size());
  const auto width = static_cast<std::size_t>(y.count);
  std::vector<std::uint32_t> joint(static_cast<std::size_t>(x.count) * width);
  for (std::size_t i = 0; i < x.bins.size(); ++i) {
    if (x.bins[i] == kUnknownBin || y.bins[i] == kUnknownBin) continue;
    ++joint[x.bins[i] * width + y.bins[i]];
  }
  std::vector<std::uint32_t> of_x(static_cast<std::size_t>(x.count));
  std::vector<std::uint32_t> of_y(width);
  double n = 0;
  for (std::size_t cell = 0; cell < joint.size(); ++cell) {
    of_x[cell / width] += joint[cell];
    of_y[cell % width] += joint[cell];
    n += joint[cell];
  }
  if (n == 0) return 0;
  const double total = total_entropy(of_x, n) + total_entropy(of_y, n) - total_entropy(joint, n);
  return std::max(0.0, total / n);
}

}  // namespace starling
