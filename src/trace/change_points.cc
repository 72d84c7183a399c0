#include "trace/change_points.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace starling {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::size_t kBlocks = 30;

/// The present values, averaged in groups, and where each group begins in the original.
struct Condensed {
  std::size_t group = 1;
  std::vector<double> values;
  std::vector<std::size_t> begins;
};

Condensed condense(std::span<const double> values, std::size_t values_max) {
  const auto present = static_cast<std::size_t>(
      std::ranges::count_if(values, [](double v) { return !std::isnan(v); }));
  const std::size_t group = std::max<std::size_t>(1, (present + values_max - 1) / values_max);
  Condensed result{.group = group, .values = {}, .begins = {}};
  double sum = 0;
  std::size_t filled = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) continue;
    if (filled == 0) result.begins.push_back(i);
    sum += values[i];
    if (++filled < group) continue;
    result.values.push_back(sum / static_cast<double>(group));
    sum = 0;
    filled = 0;
  }
  if (filled > 0) result.values.push_back(sum / static_cast<double>(filled));
  return result;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

/// The long-run variance (Wu & Zhao 2007, "Inference of trends in time series", section 4): means
/// of neighbouring blocks differ by the noise as it acts over a block's length, autocorrelation
/// included, and their median does not see the few that a change lies between.
double block_variance(const std::vector<double>& values, std::size_t block) {
  const auto length = static_cast<double>(block);
  std::vector<double> sizes;
  double squares = 0;
  double before = 0;
  for (std::size_t begin = 0; begin + block <= values.size(); begin += block) {
    double mean = 0;
    for (std::size_t i = begin; i < begin + block; ++i) mean += values[i] / length;
    if (begin > 0) {
      sizes.push_back(std::abs(mean - before));
      squares += sizes.back() * sizes.back();
    }
    before = mean;
  }
  const double robust = 1.4826 * median(sizes);
  if (robust > 0) return length * robust * robust / 2;
  // Most blocks equal their neighbours: all there is to judge by is the few that do not.
  return length * squares / static_cast<double>(sizes.size()) / 2;
}

/// Few blocks give a rough estimate, single values an exact one of what is not autocorrelated.
double long_run_variance(const std::vector<double>& values) {
  const std::size_t block = std::max<std::size_t>(1, values.size() / kBlocks);
  return std::max(block_variance(values, 1), block_variance(values, block));
}

/// Cost of any segment in constant time, from sums up to each place.
class SegmentCost {
 public:
  SegmentCost(const std::vector<double>& values, ChangeIn in, double variance)
      : in_(in), variance_(variance), sums_(values.size() + 1), squares_(values.size() + 1) {
    double mean = 0;
    for (const double value : values) mean += value / static_cast<double>(values.size());
    // About the mean of all, the squares do not drown what is taken from them.
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double off = values[i] - mean;
      sums_[i + 1] = sums_[i] + off;
      squares_[i + 1] = squares_[i] + off * off;
    }
    variance_min_ = 1e-9 * squares_.back() / static_cast<double>(values.size());
  }

  double operator()(std::size_t from, std::size_t to) const {
    const auto length = static_cast<double>(to - from);
    const double sum = sums_[to] - sums_[from];
    const double about_mean = std::max(0.0, squares_[to] - squares_[from] - sum * sum / length);
    if (in_ == ChangeIn::kMean) return about_mean / variance_;
    return length * std::log(std::max(about_mean / length, variance_min_));
  }

 private:
  ChangeIn in_;
  double variance_;
  double variance_min_ = 0;
  std::vector<double> sums_;
  std::vector<double> squares_;
};

/// A place where the last segment may begin; dead from `dead_at` on.
struct Candidate {
  std::size_t place = 0;
  std::size_t dead_at = std::numeric_limits<std::size_t>::max();
};

/// Where segments begin, without the first; in order.
std::vector<std::size_t> pelt(const SegmentCost& cost, std::size_t length, std::size_t segment_min,
                              double penalty) {
  std::vector<double> best(length + 1, kInfinity);
  std::vector<std::size_t> last(length + 1, 0);
  std::vector<Candidate> candidates;
  best[0] = -penalty;
  for (std::size_t end = segment_min; end <= length; ++end) {
    if (const std::size_t fresh = end - segment_min; fresh == 0 || fresh >= segment_min) {
      candidates.push_back({fresh});
    }
    for (const Candidate& candidate : candidates) {
      const double total = best[candidate.place] + cost(candidate.place, end) + penalty;
      if (total < best[end]) {
        best[end] = total;
        last[end] = candidate.place;
      }
    }
    // A candidate that is no better even without the penalty stays behind a segment that begins
    // here, as soon as such a segment may be long enough.
    for (Candidate& candidate : candidates) {
      const bool beaten = best[candidate.place] + cost(candidate.place, end) >= best[end];
      if (beaten) candidate.dead_at = std::min(candidate.dead_at, end + segment_min);
    }
    std::erase_if(candidates, [&](const Candidate& c) { return c.dead_at <= end + 1; });
  }
  std::vector<std::size_t> begins;
  for (std::size_t end = length; last[end] > 0; end = last[end]) begins.push_back(last[end]);
  std::ranges::reverse(begins);
  return begins;
}

double mean_of(std::span<const double> values) {
  double sum = 0;
  std::size_t count = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    sum += value;
    ++count;
  }
  return sum / static_cast<double>(std::max<std::size_t>(1, count));
}

}  // namespace

std::vector<Change> change_points(std::span<const double> values, const ChangeOptions& options) {
  const Condensed condensed = condense(values, std::max<std::size_t>(1, options.values_max));
  const std::size_t length = condensed.values.size();
  const std::size_t asked = (options.segment_min + condensed.group - 1) / condensed.group;
  const std::size_t segment_min = asked > 0 ? asked : std::max<std::size_t>(5, length / 100);
  if (length < 2 * segment_min || length < 2) return {};
  const double variance =
      options.noise_variance > 0 ? options.noise_variance : long_run_variance(condensed.values);
  if (!(variance > 0)) return {};
  const double penalty =
      options.penalty > 0 ? options.penalty : 3 * std::log(static_cast<double>(length));
  const SegmentCost cost(condensed.values, options.in, variance);

  std::vector<std::size_t> bounds{0};
  for (const std::size_t begin : pelt(cost, length, segment_min, penalty)) {
    bounds.push_back(condensed.begins[begin]);
  }
  bounds.push_back(values.size());
  std::vector<Change> changes;
  for (std::size_t i = 1; i + 1 < bounds.size(); ++i) {
    changes.push_back({bounds[i], mean_of(values.subspan(bounds[i - 1], bounds[i] - bounds[i - 1])),
                       mean_of(values.subspan(bounds[i], bounds[i + 1] - bounds[i]))});
  }
  return changes;
}

}  // namespace starling
