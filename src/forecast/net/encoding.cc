// Implements forecast/net/encoding.h.
#include "forecast/net/encoding.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "feature/calendar.h"
#include "forecast/net/past.h"
#include "forecast/net/small_sort.h"

namespace starling {
namespace {

constexpr std::array<std::size_t, 5> kLags{1, 2, 4, 8, 12};
constexpr std::array<std::size_t, 3> kErrorLags{1, 4, 12};
constexpr std::array<float, 5> kLevels{0.1F, 0.25F, 0.5F, 0.75F, 0.9F};
constexpr std::array<float, 7> kTailLevels{0.02F, 0.1F, 0.25F, 0.5F, 0.75F, 0.9F, 0.98F};
constexpr std::size_t kShortLags = 32;
constexpr std::size_t kLongLags = 96;
constexpr std::size_t kLongSmoothing = 256;
constexpr std::size_t kLongErrors = 128;  // points back from which past errors are summarised
constexpr std::size_t kSeasonBefore = 8;  // points before the same time that tell a day's level
// The spread is ½·std + ½·mean|Δ| of the recent points, and never less than these shares: of their
// mean, so that a constant has one, and of the long past's deviation, so that a lull does not hide
// it.
constexpr double kFlatSpreadShare = 0.005;
constexpr double kLongSpreadShare = 0.05;
constexpr float kRatioMax = 1e6F;
constexpr std::size_t kCalendar = 7;
constexpr TimePoint kCalendarFrom{std::chrono::seconds(631'152'000)};  // 1990
constexpr auto kHorizon = static_cast<std::size_t>(kNetHorizon);

constexpr int kShortInputs = 3 * kRecent + 5 * 5 + 3 * 7 + 7 + static_cast<int>(kShortLags) +
                             2 * kNetHorizon + 5 + 8 + static_cast<int>(kCalendar);
constexpr int pooled_inputs() {
  int count = 0;
  for (const Pooling& pooling : kPoolings) count += 2 * pooling.count;
  return count;
}
constexpr int kLongInputs = kShortInputs + static_cast<int>(kLongLags - kShortLags) +
                            pooled_inputs() + kSeasonsBack * (kNetHorizon + 2) + 5 * kNetHorizon +
                            6;

/// asinh in single precision: linear near zero, logarithmic far out.
float squashed(float x) {
  const float size = std::min(std::abs(x), kRatioMax);
  return std::copysign(std::log(size + std::sqrt(size * size + 1.0F)), x);
}

/// What is known at the same time of earlier seasons.
struct Seasons {
  std::array<std::array<Mean, kNetHorizon>, kSeasonsBack> steps;  // [k][h]: k + 1 seasons earlier
  std::array<Mean, kSeasonsBack> before;  // the points just before the same time
  int known = 0;                          // seasons with a known point
};

class Encoder {
 public:
  Encoder(const HistoryView& history, Regime regime)
      : history_(history),
        long_(regime == Regime::kLong),
        past_(history, static_cast<std::size_t>(long_ ? kContext : kRecent)) {
    encoded_.regime = regime;
  }

  std::optional<Encoded> run();

 private:
  bool set_scale();
  void put(double value) { encoded_.inputs.push_back(static_cast<float>(value)); }
  float scaled(double x) const {
    return static_cast<float>((x - encoded_.level) / encoded_.spread);
  }
  void put_mean(const Mean& mean) { put(mean.known ? squashed(scaled(mean.value)) : 0); }
  void put_quantiles(std::vector<float>& sample, std::span<const float> levels);
  void put_points();
  void put_variation();
  void put_pools();
  void put_seasons();
  void put_moment();
  void set_short_bases(std::size_t h);
  void set_long_bases(std::size_t h);
  void put_bases();
  void find_seasons();
  Mean echo(std::size_t h, std::size_t times) const;
  Mean point(std::size_t back) const;
  double seasonal_error(std::size_t lag) const;
  float& base(std::size_t h, std::size_t b) {
    return encoded_.bases[h * static_cast<std::size_t>(bases_of(encoded_.regime)) + b];
  }

  const HistoryView& history_;
  bool long_;
  Past past_;
  RecentSmoothing smoothing_;
  double mean_ = 1;  // of the recent points, > 0
  double median_ = 0;
  double long_deviation_ = 0;  // of all that is kept of the past
  double slope_ = 0;
  std::vector<float> correlations_;
  std::size_t echo_ = 0;
  std::size_t season_ = 0;
  Seasons seasons_;
  Encoded encoded_;
};

/// A known point anywhere in the history, `back` points before its end.
Mean Encoder::point(std::size_t back) const {
  if (back > history_.values.size()) return {};
  const std::size_t i = history_.values.size() - back;
  if (history_.present[i] == 0 || !is_demand(history_.values[i])) return {};
  return {history_.values[i], true};
}

bool Encoder::set_scale() {
  if (past_.known_count(kRecent) < kKnownMin) return false;
  const double recent_mean = past_.mean(kRecent).value;
  mean_ = recent_mean > 0 ? recent_mean : past_.mean(past_.size()).value;
  if (mean_ <= 0) return false;
  smoothing_ = smooth_recent(past_, long_ ? kLongSmoothing : kRecent);
  const double recent = 0.5 * past_.deviation(kRecent) + 0.5 * past_.mean_change(kRecent);
  long_deviation_ = long_ ? past_.deviation(past_.size()) : 0;
  mean_ = std::max(1e-6, mean_);
  encoded_.level = smoothing_.level();
  encoded_.spread =
      std::max({1e-6, recent + kFlatSpreadShare * recent_mean, kLongSpreadShare * long_deviation_});
  encoded_.zero = scaled(0);
  encoded_.whole = past_.is_seldom_changing_count(kRecent);
  encoded_.steady = past_.size() >= static_cast<std::size_t>(kLongMin) && encoded_.whole &&
                    past_.is_seldom_changing_count(past_.size());
  return true;
}

void Encoder::put_quantiles(std::vector<float>& sample, std::span<const float> levels) {
  sort_sample(sample);
  const float n = static_cast<float>(sample.size());
  for (const float level : levels) {
    if (sample.empty()) {
      put(0);
      continue;
    }
    const float position = std::clamp(level * n - 0.5F, 0.0F, n - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, sample.size() - 1);
    const float share = position - static_cast<float>(below);
    put(squashed(sample[below] + share * (sample[above] - sample[below])));
  }
}

void Encoder::put_points() {
  std::vector<float> sample;
  for (std::size_t back = kRecent; back >= 1; --back) {
    const bool known = past_.known(back);
    const float z = known ? scaled(past_.value(back)) : 0;
    put(squashed(z));
    put(known ? std::log1p(static_cast<float>(past_.value(back) / mean_)) : 0);
    put(known);
    if (known) sample.push_back(z);
  }
  put_quantiles(sample, kLevels);
  const std::size_t middle = sample.size() / 2;
  median_ = sample[middle];
  put(squashed(sample.front()));
  put(squashed(sample.back()));
}

/// How far the workload moves in 1 … 12 steps, and how far smoothing missed it.
void Encoder::put_variation() {
  std::vector<float> sample;
  for (const std::size_t lag : kLags) {
    sample.clear();
    for (std::size_t back = 1; back + lag <= kRecent; ++back) {
      if (!past_.known(back) || !past_.known(back + lag)) continue;
      sample.push_back(
          static_cast<float>((past_.value(back) - past_.value(back + lag)) / encoded_.spread));
    }
    put_quantiles(sample, kLevels);
  }
  const std::vector<double>& levels = smoothing_.levels;
  const std::size_t length = std::min(levels.size(), long_ ? kLongErrors : kRecent);
  for (const std::size_t lag : kErrorLags) {
    sample.clear();
    for (std::size_t back = 1; back + lag <= length; ++back) {
      if (!past_.known(back)) continue;
      const double before = levels[levels.size() - back - lag];
      sample.push_back(static_cast<float>((past_.value(back) - before) / encoded_.spread));
    }
    put_quantiles(sample, kTailLevels);
  }
}

void Encoder::put_pools() {
  for (const Pooling& pooling : kPoolings) {
    const auto length = static_cast<std::size_t>(pooling.length);
    for (std::size_t i = 0; i < static_cast<std::size_t>(pooling.count); ++i) {
      const Mean mean = past_.mean((i + 1) * length, i * length);
      put_mean(mean);
      put(mean.known);
    }
  }
}

void Encoder::find_seasons() {
  const Duration day = 24h;
  season_ = history_.season > 0
                ? static_cast<std::size_t>(history_.season)
                : static_cast<std::size_t>((day + history_.step / 2) / history_.step);
  if (season_ <= kHorizon) season_ = 0;
  for (std::size_t k = 0; season_ > 0 && k < kSeasonsBack; ++k) {
    const std::size_t back = (k + 1) * season_;
    bool any = false;
    for (std::size_t h = 0; h < kHorizon; ++h) {
      seasons_.steps[k][h] = point(back - h);
      any = any || seasons_.steps[k][h].known;
    }
    double sum = 0;
    int count = 0;
    for (std::size_t i = 1; i <= kSeasonBefore; ++i) {
      const Mean one = point(back + i);
      sum += one.value;
      count += one.known;
    }
    if (count > 0) seasons_.before[k] = {sum / count, true};
    seasons_.known += any;
  }
}

/// Mean error of repeating the value `lag` earlier, over the recent points; 0 where none compares.
double Encoder::seasonal_error(std::size_t lag) const {
  double error = 0;
  int count = 0;
  for (std::size_t back = 1; lag > 0 && back <= kRecent; ++back) {
    if (!past_.known(back)) continue;
    const Mean earlier = point(back + lag);
    if (!earlier.known) continue;
    error += std::abs(past_.value(back) - earlier.value);
    ++count;
  }
  return count > 0 ? error / count / encoded_.spread : 0;
}

void Encoder::put_seasons() {
  for (std::size_t k = 0; k < kSeasonsBack; ++k) {
    bool any = false;
    for (const Mean& step : seasons_.steps[k]) {
      put_mean(step);
      any = any || step.known;
    }
    put_mean(seasons_.before[k]);
    put(any);
  }
  put(squashed(static_cast<float>(seasonal_error(season_))));
  put(squashed(static_cast<float>(seasonal_error(7 * season_))));
  put(squashed(static_cast<float>(long_deviation_ / encoded_.spread)));
  put(seasons_.known / 7.0);
  put(std::log2(static_cast<double>(history_.values.size())) / 10);
  put(past_.zero_share(past_.size()));
}

/// The mean of up to `times` earlier echoes of step h.
Mean Encoder::echo(std::size_t h, std::size_t times) const {
  Mean mean;
  int count = 0;
  for (std::size_t k = 1; echo_ > 0 && k <= times; ++k) {
    const std::size_t back = (h / echo_ + k) * echo_ - h;
    if (!past_.known(back)) continue;
    mean.value += past_.value(back);
    ++count;
  }
  if (count == 0) return {};
  return {mean.value / count, true};
}

void Encoder::set_short_bases(std::size_t h) {
  std::size_t last = 1;
  while (!past_.known(last)) ++last;
  const auto relative = [this](const Mean& mean) { return mean.known ? scaled(mean.value) : 0; };
  base(h, 0) = 0;
  base(h, 1) = scaled(past_.value(last));
  base(h, 2) = relative(past_.mean(8));
  base(h, 3) = relative(past_.mean(kRecent));
  base(h, 4) = static_cast<float>(median_);
  base(h, 5) = static_cast<float>(0.5 * slope_ * static_cast<double>(h + 1) / encoded_.spread);
  base(h, 6) = relative(echo(h, 1));
  base(h, 7) = relative(echo(h, 3));
}

void Encoder::set_long_bases(std::size_t h) {
  double sum = 0, before = 0, weights = 0, weighted = 0;
  int count = 0, before_count = 0;
  double weight = 1;
  for (std::size_t k = 0; k < kSeasonsBack; ++k, weight *= 0.6) {
    const Mean& step = seasons_.steps[k][h];
    if (!step.known) continue;
    sum += step.value;
    ++count;
    weighted += weight * step.value;
    weights += weight;
    if (!seasons_.before[k].known) continue;
    before += seasons_.before[k].value;
    ++before_count;
  }
  const auto relative = [this](const Mean& mean) { return mean.known ? scaled(mean.value) : 0; };
  std::size_t b = kShortBases;
  base(h, b++) = relative(seasons_.steps[0][h]);
  base(h, b++) = count > 0 ? scaled(sum / count) : 0;
  base(h, b++) = relative(seasons_.steps[kSeasonsBack - 1][h]);
  const bool moved = count > 0 && before_count > 0;
  const double present = encoded_.level;
  const double earlier = moved ? before / before_count : 0;
  base(h, b++) = moved ? scaled(present + sum / count - earlier) : 0;
  const double ratio = moved && earlier > 0 ? std::min(present / earlier, 4.0) : 1;
  base(h, b++) = moved ? scaled(ratio * sum / count) : 0;
  base(h, b++) = count > 0 ? scaled(weighted / weights) : 0;
  base(h, b++) = relative(past_.mean(season_ > 0 ? season_ : past_.size()));
}

void Encoder::put_bases() {
  for (std::size_t h = 0; h < kHorizon; ++h) {
    set_short_bases(h);
    if (long_) set_long_bases(h);
    put(squashed(base(h, 6)));
    put(squashed(base(h, 7)));
    if (!long_) continue;
    for (std::size_t b = kShortBases + 1; b < kShortBases + 6; ++b) put(squashed(base(h, b)));
  }
  for (std::size_t b = 1; b <= 5; ++b) put(squashed(base(0, b)));
}

/// The step's length, the calendar where it is known, and traits of the whole window.
void Encoder::put_moment() {
  put(std::log2(seconds(history_.step) / 60) / 4);
  put(echo_ > 0);
  put(smoothing_.alpha);
  put(past_.known_count(kRecent) / static_cast<double>(kRecent));
  put(squashed(static_cast<float>(encoded_.level / encoded_.spread)));
  put(squashed(static_cast<float>(mean_ / encoded_.spread)));
  put(past_.zero_share(kRecent));
  put(squashed(static_cast<float>(slope_ / encoded_.spread)));
  const bool dated = history_.start >= kCalendarFrom;
  put(dated);
  const TimePoint origin =
      history_.start + static_cast<std::int64_t>(history_.values.size()) * history_.step;
  std::vector<double> calendar(kCalendar - 1);
  if (dated) calendar = calendar_features(origin);
  for (const double feature : calendar) put(feature);
}

std::optional<Encoded> Encoder::run() {
  if (!set_scale()) return std::nullopt;
  encoded_.inputs.reserve(static_cast<std::size_t>(inputs_of(encoded_.regime)));
  encoded_.bases.resize(kHorizon * static_cast<std::size_t>(bases_of(encoded_.regime)));
  slope_ = past_.slope(32);
  correlations_ =
      autocorrelations(past_, long_ ? kLongSmoothing : kRecent, long_ ? kLongLags : kShortLags);
  echo_ = echo_lag(correlations_);
  // A timer's bursts are mostly silence, and yet all that is worth knowing of it changes.
  encoded_.steady = encoded_.steady && echo_ == 0;
  put_points();
  put_variation();
  encoded_.inputs.insert(encoded_.inputs.end(), correlations_.begin(), correlations_.end());
  if (long_) find_seasons();
  put_bases();
  put_moment();
  if (long_) {
    put_pools();
    put_seasons();
  }
  assert(static_cast<int>(encoded_.inputs.size()) == inputs_of(encoded_.regime));
  return std::move(encoded_);
}

}  // namespace

const char* regime_name(Regime regime) { return regime == Regime::kShort ? "short" : "long"; }

int inputs_of(Regime regime) { return regime == Regime::kShort ? kShortInputs : kLongInputs; }

std::optional<Encoded> encode(const HistoryView& history, Regime regime) {
  return Encoder(history, regime).run();
}

std::optional<Encoded> encode(const HistoryView& history) {
  return encode(history, regime_of(history.values.size()));
}

}  // namespace starling
