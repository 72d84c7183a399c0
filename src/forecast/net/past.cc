// Implements forecast/net/past.h.
#include "forecast/net/past.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>
#include <span>

namespace starling {
namespace {

constexpr std::array<double, 8> kAlphas{0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.0};
constexpr std::size_t kEchoMin = 2;
constexpr float kEchoCorrelationMin = 0.3F;
constexpr int kPairsMin = 16;

/// Σ a_i·b_i, four products at a time.
float dot(const float* a, const float* b, std::size_t n) {
  using Lanes = float __attribute__((vector_size(16)));
  Lanes sums{};
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    Lanes x, y;
    std::memcpy(&x, a + i, sizeof x);
    std::memcpy(&y, b + i, sizeof y);
    sums += x * y;
  }
  float first = sums[0];
  for (; i < n; ++i) first += a[i] * b[i];
  return (first + sums[1]) + (sums[2] + sums[3]);
}

/// The α with the smallest sum of absolute one-step errors; all are tried in one pass.
double best_alpha(const Past& past, std::size_t first) {
  std::array<double, kAlphas.size()> levels, errors{};
  levels.fill(past.value(first));
  for (std::size_t back = first - 1; back >= 1; --back) {
    if (!past.known(back)) continue;
    const double x = past.value(back);
    for (std::size_t a = 0; a < kAlphas.size(); ++a) {
      const double miss = x - levels[a];
      errors[a] += std::abs(miss);
      levels[a] += kAlphas[a] * miss;
    }
  }
  const auto best = std::min_element(errors.begin(), errors.end());
  return kAlphas[static_cast<std::size_t>(best - errors.begin())];
}

}  // namespace

Past::Past(const HistoryView& history, std::size_t length_max) {
  const std::size_t length = std::min(length_max, history.values.size());
  const std::size_t first = history.values.size() - length;
  values_.resize(length);
  known_.resize(length);
  sums_.resize(length + 1);
  counts_.resize(length + 1);
  double sum = 0;
  int count = 0;
  for (std::size_t i = 0; i < length; ++i) {
    const double x = history.values[first + i];
    // As is_demand(x), in line: this loop sees two thousand points.
    const bool known = history.present[first + i] != 0 && x >= 0 && x <= kDemandMax;
    values_[i] = known ? x : 0;
    known_[i] = known;
    sum += values_[i];
    count += known;
    zeros_ += values_[i] == 0;
    sums_[i + 1] = sum;
    counts_[i + 1] = count;
  }
}

int Past::known_count(std::size_t oldest, std::size_t newest) const {
  assert(oldest >= newest);
  const std::size_t first = size() - std::min(oldest, size());
  const std::size_t last = size() - std::min(newest, size());
  return counts_[last] - counts_[first];
}

Mean Past::mean(std::size_t oldest, std::size_t newest) const {
  const int count = known_count(oldest, newest);
  if (count == 0) return {};
  const std::size_t first = size() - std::min(oldest, size());
  const std::size_t last = size() - std::min(newest, size());
  return {std::max(0.0, (sums_[last] - sums_[first]) / count), true};
}

double Past::deviation(std::size_t length) const {
  const Mean centre = mean(length);
  if (!centre.known) return 0;
  const std::size_t first = size() - std::min(length, size());
  double squares = 0;
  for (std::size_t i = first; i < size(); ++i) {
    const double off = known_[i] != 0 ? values_[i] - centre.value : 0;
    squares += off * off;
  }
  return std::sqrt(squares / known_count(length));
}

double Past::mean_change(std::size_t length) const {
  const std::size_t first = size() - std::min(length, size());
  double change = 0;
  int changes = 0;
  for (std::size_t i = first + 1; i < size(); ++i) {
    if (!known_[i] || !known_[i - 1]) continue;
    change += std::abs(values_[i] - values_[i - 1]);
    ++changes;
  }
  return changes > 0 ? change / changes : 0;
}

double Past::zero_share(std::size_t length) const {
  const std::size_t first = size() - std::min(length, size());
  int zeros = length >= size() ? zeros_ : 0;
  for (std::size_t i = first; length < size() && i < size(); ++i) zeros += values_[i] == 0;
  const int known = known_count(length);
  zeros -= static_cast<int>(size() - first) - known;
  return zeros / std::max(1.0, static_cast<double>(known));
}

double Past::slope(std::size_t length) const {
  double n = 0, t = 0, x = 0, tt = 0, tx = 0;
  for (std::size_t back = 1; back <= std::min(length, size()); ++back) {
    if (!known(back)) continue;
    const double time = -static_cast<double>(back);
    n += 1;
    t += time;
    x += value(back);
    tt += time * time;
    tx += time * value(back);
  }
  const double spread = n * tt - t * t;
  return spread > 0 ? (n * tx - t * x) / spread : 0;
}

bool Past::is_seldom_changing_count(std::size_t length) const {
  const std::size_t count = std::min(length, size());
  return seldom_changing_count(std::span(values_).last(count), std::span(known_).last(count));
}

RecentSmoothing smooth_recent(const Past& past, std::size_t length) {
  std::size_t first = std::min(length, past.size());
  while (first > 0 && !past.known(first)) --first;
  assert(first > 0);
  RecentSmoothing smoothing{.alpha = best_alpha(past, first), .levels = {}};
  smoothing.levels.reserve(first);
  double level = past.value(first);
  for (std::size_t back = first; back >= 1; --back) {
    if (past.known(back)) level += smoothing.alpha * (past.value(back) - level);
    smoothing.levels.push_back(level);
  }
  return smoothing;
}

std::vector<float> autocorrelations(const Past& past, std::size_t length, std::size_t lags) {
  std::vector<float> correlations(lags, 0.0F);
  const std::size_t n = std::min(length, past.size());
  const double mean = past.mean(n).value;
  const double deviation = past.deviation(n);
  if (deviation <= 1e-9 * mean || n < 2) return correlations;
  std::vector<float> z(n), squares(n + 1, 0.0F);
  for (std::size_t i = 0; i < n; ++i) {
    if (past.known(n - i)) z[i] = static_cast<float>((past.value(n - i) - mean) / deviation);
    squares[i + 1] = squares[i] + z[i] * z[i];
  }
  for (std::size_t lag = 1; lag <= std::min(lags, n - 1); ++lag) {
    const int pairs = std::min(past.known_count(n, lag), past.known_count(n - lag));
    if (pairs < std::max(kPairsMin, static_cast<int>(lag))) continue;
    const float left = squares[n - lag], right = squares[n] - squares[lag];
    if (left <= 1e-3F || right <= 1e-3F) continue;
    const float both = dot(z.data(), z.data() + lag, n - lag) / std::sqrt(left * right);
    correlations[lag - 1] = std::clamp(both, -1.0F, 1.0F);
  }
  return correlations;
}

std::size_t echo_lag(const std::vector<float>& correlations) {
  std::size_t best = 0;
  float highest = kEchoCorrelationMin;
  for (std::size_t lag = kEchoMin; lag < correlations.size(); ++lag) {
    const float c = correlations[lag - 1];
    if (c > highest && c >= correlations[lag - 2] && c >= correlations[lag]) {
      best = lag;
      highest = c;
    }
  }
  return best;
}

}  // namespace starling
