// Implements policy/market/demand_belief.h.
#include "policy/market/demand_belief.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/nearest_rank.h"
#include "forecast/metrics.h"

namespace starling {
namespace {

constexpr double kBin = 0.5;   // of √count
constexpr int kBinsMax = 160;  // wider ones for large counts
constexpr std::array<double, 4> kSmoothing{0.3, 0.2, 0.04, 1};
constexpr std::array<std::size_t, 7> kPeriodSteps{30, 60, 90, 120, 180, 360, 720};
constexpr std::size_t kEchoes = 3;
constexpr int kHours = 24;               // that the clock's expert looks back over
constexpr std::int64_t kHourJitter = 2;  // steps that what comes each hour may be off
constexpr std::size_t kClockLevel = 3;   // steps that a level is the mean of, there
constexpr std::size_t kErrorsKept = 360;
constexpr int kForetold = 20;       // values that stand for another's forecast
constexpr double kForget = 0.9985;  // of least squares: some 700 steps
constexpr double kLikelihoodFade = 0.97;
constexpr double kLossFade = 0.99;
constexpr double kHigh = 0.9;        // the quantile that experts are judged by
constexpr double kLossFloor = 0.01;  // counts: smaller mean losses are as good as none
constexpr double kEchoFade = 0.99;
constexpr double kFloor = 0.02;         // likelihood of what an expert held impossible
constexpr double kPriorVariance = 0.1;  // of the coefficients
/// Before anything was learned: a mean of the averages.
constexpr std::array<double, 4> kFirst{0, 0.5, 0.3, 0.2};

void keep(std::deque<double>& values, double value, std::size_t most) {
  values.push_back(value);
  if (values.size() > most) values.pop_front();
}

/// Where there are few errors yet, one as wide as a Poisson count's.
std::vector<double> around(double root, const std::deque<double>& errors) {
  std::vector<double> roots;
  for (const double error : errors) roots.push_back(std::max(0.0, root + error));
  constexpr std::size_t kEnough = 12;
  for (std::size_t i = errors.size(); i < kEnough; ++i) {
    const double spread = (static_cast<double>(i % 5) - 2) * 0.5;
    roots.push_back(std::max(0.0, root + spread));
  }
  return roots;
}

double width_for(double highest_root) { return std::max(kBin, highest_root / kBinsMax); }

/// Share of the points within a bin's width of `root`, as a density a bin.
double likelihood(const std::vector<double>& roots, double root) {
  if (roots.empty()) return kFloor;
  const double width = width_for(root);
  const auto near = std::count_if(roots.begin(), roots.end(),
                                  [&](double point) { return std::abs(point - root) <= width; });
  return kFloor + (1 - kFloor) * static_cast<double>(near) / 2 / static_cast<double>(roots.size());
}

/// How the level (in √count) of the last whole period stands to that of the one so many ago.
double level_change(const RecentCounts& counts, std::size_t period, std::size_t ago) {
  if (counts.size() < (ago + 1) * period) return 1;
  const double then = counts.window_root((ago + 1) * period, period);
  return then > 0 ? std::clamp(counts.window_root(period, period) / then, 0.5, 2.0) : 1;
}

}  // namespace

std::vector<double> foretold(const Observation& observation, AheadWindow window, Duration step) {
  if (observation.forecast == nullptr || observation.forecast->steps.empty()) return {};
  const Forecast& forecast = *observation.forecast;
  const auto last = static_cast<std::int64_t>(forecast.steps.size()) - 1;
  std::vector<double> roots;
  for (int i = 0; i < kForetold; ++i) {
    const double level = (i + 0.5) / kForetold;
    double count = 0;
    for (int s = window.first; s < window.last; ++s) {
      const auto at = (observation.now + s * step + step / 2 - forecast.origin) / forecast.step;
      count +=
          forecast.quantile(static_cast<std::size_t>(std::clamp<std::int64_t>(at, 0, last)), level);
    }
    count *= seconds(step) / (window.last - window.first);
    roots.push_back(std::sqrt(std::max(0.0, count)));
  }
  return roots;
}

void RecentCounts::add(double count) {
  if (sums_.empty()) sums_.push_back(0);
  keep(sums_, sums_.back() + std::max(count, 0.0), kKept + 1);
}

double RecentCounts::window_root(std::size_t back, std::size_t length) const {
  const std::size_t first = size() - back;
  const double sum = sums_[first + length] - sums_[first];
  return std::sqrt(std::max(0.0, sum) / static_cast<double>(length));
}

WindowBelief::WindowBelief(AheadWindow window, Duration step)
    : window_(window), hour_scores_(step) {
  std::copy(kFirst.begin(), kFirst.end(), coefficients_.begin());
  for (std::size_t i = 0; i < kFeatures; ++i) inverse_[i][i] = kPriorVariance;
  echo_errors_.fill(1e9);
}

std::vector<double> WindowBelief::at_this_time_of_the_hour(const RecentCounts& counts) const {
  std::vector<double> roots;
  if (counts.size() < kClockLevel) return roots;
  const auto size = static_cast<std::int64_t>(counts.size());
  const double level = counts.window_root(kClockLevel, kClockLevel);
  for (int hours = 1; hours <= kHours; ++hours) {
    const std::int64_t ago = std::llround(hours * hour_scores_.hour_steps());
    if (ago + static_cast<std::int64_t>(kClockLevel) > size) break;
    const double then =
        counts.window_root(static_cast<std::size_t>(ago) + kClockLevel, kClockLevel);
    for (std::int64_t late = -kHourJitter; late <= kHourJitter; ++late) {
      const std::int64_t back = ago - window_.first - late;
      if (back < static_cast<std::int64_t>(length()) || back > size) continue;
      const double came = counts.window_root(static_cast<std::size_t>(back), length());
      roots.push_back(std::max(0.0, level + came - then));
    }
  }
  return roots;
}

WindowBelief::Held WindowBelief::look(const RecentCounts& counts,
                                      std::span<const double> foretold) const {
  Held held;
  held.features = {1, averages_[0], averages_[1], averages_[2], averages_[3]};
  held.level = averages_[0];
  held.last = averages_[3];
  const auto first = static_cast<std::size_t>(window_.first);
  std::size_t best = kPeriods;
  std::array<std::array<double, kEchoes>, kPeriods> changes;
  for (auto& change : changes) change.fill(1);
  for (std::size_t p = 0; p < kPeriods; ++p) {
    double sum = 0;
    int echoes = 0;
    for (std::size_t ago = 1; ago <= kEchoes; ++ago) {
      const std::size_t back = ago * kPeriodSteps[p] - first;
      if (back > counts.size()) break;
      changes[p][ago - 1] = level_change(counts, kPeriodSteps[p], ago);
      sum += changes[p][ago - 1] * counts.window_root(back, length());
      ++echoes;
    }
    held.echoes[p] = echoes > 0 ? sum / echoes : -1;
    held.features[1 + kAverages + p] = echoes > 0 ? held.echoes[p] : averages_[2];
    if (echoes > 0 && (best == kPeriods || echo_errors_[p] < echo_errors_[best])) best = p;
  }
  for (std::size_t i = 0; i < kFeatures; ++i) held.linear += coefficients_[i] * held.features[i];
  held.linear = std::max(0.0, held.linear);
  held.roots[kLinear] = around(held.linear, linear_errors_);
  held.roots[kLevel] = around(held.level, level_errors_);
  held.roots[kLast] = around(held.last, last_errors_);
  held.roots[kHour].assign(hour_.begin(), hour_.end());
  held.roots[kForetold].assign(foretold.begin(), foretold.end());
  if (best < kPeriods) {
    for (std::size_t ago = 1; ago <= kEchoes; ++ago) {
      const std::size_t middle = ago * kPeriodSteps[best] - first;
      for (std::size_t back = middle + 2; back + 2 >= middle && back >= length(); --back) {
        if (back > counts.size()) continue;
        held.roots[kPhase].push_back(changes[best][ago - 1] * counts.window_root(back, length()));
      }
    }
  }
  held.roots[kClock] = at_this_time_of_the_hour(counts);
  for (std::size_t i = 0; i < kExperts; ++i) {
    const double root = nearest_rank(held.roots[i], kHigh);
    held.high[i] = root * root;
  }
  return held;
}

void WindowBelief::fit(const Features& features, double error) {
  Features gain{};
  double scale = kForget;
  for (std::size_t i = 0; i < kFeatures; ++i) {
    for (std::size_t j = 0; j < kFeatures; ++j) gain[i] += inverse_[i][j] * features[j];
    scale += features[i] * gain[i];
  }
  for (std::size_t i = 0; i < kFeatures; ++i) coefficients_[i] += gain[i] / scale * error;
  for (std::size_t i = 0; i < kFeatures; ++i) {
    for (std::size_t j = 0; j < kFeatures; ++j) {
      inverse_[i][j] = (inverse_[i][j] - gain[i] * gain[j] / scale) / kForget;
    }
    // Directions that never vary would be forgotten without bound.
    if (inverse_[i][i] > 1e3) {
      for (auto& row : inverse_) row.fill(0);
      for (std::size_t k = 0; k < kFeatures; ++k) inverse_[k][k] = kPriorVariance;
      break;
    }
  }
}

void WindowBelief::learn(const Held& held, double came) {
  for (std::size_t expert = 0; expert < kExperts; ++expert) {
    const double log_likelihood = std::log(likelihood(held.roots[expert], came));
    log_weights_[expert] = kLikelihoodFade * log_weights_[expert] + log_likelihood;
    if (held.roots[expert].empty()) continue;
    const double loss = pinball_loss(held.high[expert], came * came, kHigh);
    judged_[expert] = kLossFade * judged_[expert] + 1;
    losses_[expert] = kLossFade * losses_[expert] + loss;
    hour_scores_.add(steps_, expert, log_likelihood, loss);
  }
  for (std::size_t p = 0; p < kPeriods; ++p) {
    if (held.echoes[p] < 0) continue;
    const double error = std::abs(came - held.echoes[p]);
    echo_errors_[p] =
        echo_errors_[p] >= 1e9 ? error : kEchoFade * echo_errors_[p] + (1 - kEchoFade) * error;
  }
  keep(linear_errors_, came - held.linear, kErrorsKept);
  keep(level_errors_, came - held.level, kErrorsKept);
  keep(last_errors_, came - held.last, kErrorsKept);
  double now_says = 0;
  for (std::size_t i = 0; i < kFeatures; ++i) now_says += coefficients_[i] * held.features[i];
  fit(held.features, came - now_says);
}

void WindowBelief::observe(const RecentCounts& counts, std::span<const double> foretold) {
  ++steps_;
  const double root = counts.window_root(1, 1);
  for (std::size_t i = 0; i < averages_.size(); ++i) {
    averages_[i] = held_.empty() ? root : averages_[i] + kSmoothing[i] * (root - averages_[i]);
  }
  if (counts.size() >= length()) keep(hour_, counts.window_root(length(), length()), kErrorsKept);
  // What was held so many steps ago spoke of the window that is over now.
  if (held_.size() >= static_cast<std::size_t>(window_.last)) {
    learn(held_.front(), counts.window_root(length(), length()));
    held_.pop_front();
  }
  held_.push_back(look(counts, foretold));
}

std::array<double, WindowBelief::kExperts> WindowBelief::weights() const {
  std::array<double, kExperts> shares{}, logs{}, means{};
  std::array<HourScores<kExperts>::Score, kExperts> then;
  double times = 0, worst_log = 0;
  for (std::size_t i = 0; i < kExperts; ++i) {
    then[i] = hour_scores_.around(steps_ + window_.last, i);
    if (then[i].times <= 0) continue;
    times = std::max(times, then[i].times);
    worst_log = std::min(worst_log, then[i].log_likelihood / then[i].times);
  }
  for (std::size_t i = 0; i < kExperts; ++i) {
    // A forecast is of now: of a past that was learned again there is none to judge it by.
    const double unjudged = i == kForetold ? (1 - kLikelihoodFade) * log_weights_[i] : worst_log;
    const double log = then[i].times > 0 ? then[i].log_likelihood / then[i].times : unjudged;
    logs[i] = log_weights_[i] + times * log;
    const double judged = judged_[i] + then[i].times;
    means[i] = judged > 0 ? (losses_[i] + then[i].loss) / judged : 0;
  }
  double best = -std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < kExperts; ++i) {
    if (!held_.back().roots[i].empty()) best = std::max(best, logs[i]);
  }
  // Windows overlap: each step's count has its say in as many outcomes as a window has steps.
  const double evidence = 1 / static_cast<double>(length());
  // Who was never judged has yet to show that it is better than the worst.
  const double worst = *std::max_element(means.begin(), means.end());
  double sum = 0;
  for (std::size_t i = 0; i < kExperts; ++i) {
    if (held_.back().roots[i].empty()) continue;
    const double loss = (judged_[i] > 0 ? means[i] : worst) + kLossFloor;
    shares[i] = std::exp(evidence * (logs[i] - best)) / (loss * loss);
    sum += shares[i];
  }
  for (double& share : shares) share /= sum;
  return shares;
}

std::vector<DemandPoint> WindowBelief::distribution() const {
  if (held_.empty()) return {};
  const Held& held = held_.back();
  double highest = 0;
  for (const auto& roots : held.roots) {
    for (const double root : roots) highest = std::max(highest, root);
  }
  const double width = width_for(highest);
  const auto shares = weights();
  std::vector<double> bins(static_cast<std::size_t>(highest / width) + 1);
  std::vector<double> sums(bins.size());
  for (std::size_t expert = 0; expert < kExperts; ++expert) {
    const auto& roots = held.roots[expert];
    const double each = roots.empty() ? 0 : shares[expert] / static_cast<double>(roots.size());
    for (const double root : roots) {
      const auto bin = static_cast<std::size_t>(root / width);
      bins[bin] += each;
      sums[bin] += each * root;
    }
  }
  std::vector<DemandPoint> points;
  for (std::size_t bin = 0; bin < bins.size(); ++bin) {
    if (bins[bin] <= 0) continue;
    const double root = sums[bin] / bins[bin];
    points.push_back({root * root, bins[bin]});
  }
  return points;
}

}  // namespace starling
