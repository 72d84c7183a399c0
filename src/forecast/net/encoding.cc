// Implements forecast/net/encoding.h.
#include "forecast/net/encoding.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "forecast/empirical.h"
#include "forecast/smoothing.h"

namespace starling {
namespace {

constexpr std::array<int, 5> kLags{1, 2, 4, 8, 12};
constexpr std::array<double, 3> kErrorLevels{0.1, 0.5, 0.9};
constexpr std::size_t kEchoMin = 4;
constexpr std::size_t kEchoMax = 96;
constexpr double kEchoCorrelationMin = 0.3;
constexpr int kSeasonsBack = 3;

/// Appends to the fixed input vector; the order of the calls in `encode` is the encoding.
class InputWriter {
 public:
  explicit InputWriter(std::array<float, kInputs>& inputs) : inputs_(inputs) {}
  ~InputWriter() { assert(next_ == inputs_.size()); }
  void put(double value) { inputs_[next_++] = static_cast<float>(value); }

 private:
  std::array<float, kInputs>& inputs_;
  std::size_t next_ = 0;
};

struct Mean {
  double value = 0;
  bool known = false;
};

Mean mean_of(const MaskedWindow& window, std::size_t first, std::size_t last) {
  double sum = 0;
  int count = 0;
  for (std::size_t i = first; i < last; ++i) {
    sum += window.values[i];
    count += window.present[i];
  }
  return {count > 0 ? sum / count : 0, count > 0};
}

/// Least-squares slope per step over the last 32 known points.
double recent_slope(const MaskedWindow& window) {
  double n = 0, t = 0, x = 0, tt = 0, tx = 0;
  for (std::size_t i = window.size() - 32; i < window.size(); ++i) {
    if (!window.present[i]) continue;
    const double time = static_cast<double>(i) - static_cast<double>(window.size());
    n += 1;
    t += time;
    x += window.values[i];
    tt += time * time;
    tx += time * window.values[i];
  }
  const double spread = n * tt - t * t;
  return spread > 0 ? (n * tx - t * x) / spread : 0;
}

/// The lag at which a workload most repeats itself: the highest peak of the masked autocorrelation.
struct Echo {
  std::size_t lag = 0;  // 0: none
  double correlation = 0;
};

double autocorrelation(const MaskedWindow& window, double mean, std::size_t lag) {
  double product = 0, left = 0, right = 0;
  int pairs = 0;
  for (std::size_t i = lag; i < window.size(); ++i) {
    if (!window.present[i] || !window.present[i - lag]) continue;
    const double a = window.values[i - lag] - mean;
    const double b = window.values[i] - mean;
    product += a * b;
    left += a * a;
    right += b * b;
    ++pairs;
  }
  const bool enough = pairs >= static_cast<int>(std::max<std::size_t>(16, lag));
  return enough && left > 0 && right > 0 ? product / std::sqrt(left * right) : 0;
}

Echo find_echo(const MaskedWindow& window) {
  const double mean = mean_of(window, 0, window.size()).value;
  std::array<double, kEchoMax + 2> correlations{};
  for (std::size_t lag = kEchoMin - 1; lag <= kEchoMax + 1; ++lag) {
    correlations[lag] = autocorrelation(window, mean, lag);
  }
  Echo echo{.lag = 0, .correlation = kEchoCorrelationMin};
  for (std::size_t lag = kEchoMin; lag <= kEchoMax; ++lag) {
    const double c = correlations[lag];
    if (c > echo.correlation && c >= correlations[lag - 1] && c >= correlations[lag + 1]) {
      echo = {lag, c};
    }
  }
  if (echo.lag == 0) echo.correlation = 0;
  return echo;
}

/// The value `lag` before step h (from 0) after the window's end, or of a multiple of it that is
/// past.
Mean echo_value(const MaskedWindow& window, std::size_t lag, std::size_t h) {
  const std::size_t back = lag - h % lag;
  const std::size_t i = window.size() - back;
  return {window.values[i], window.present[i] != 0};
}

/// Mean over the last seasons at the same time, of the points that the history has.
Mean season_value(const HistoryView& history, std::size_t h) {
  const auto season = static_cast<std::size_t>(history.season);
  Mean mean;
  int count = 0;
  for (std::size_t k = 1 + h / season; k <= kSeasonsBack + h / season; ++k) {
    if (k * season - h > history.values.size()) break;
    const std::size_t i = history.values.size() + h - k * season;
    if (!history.present[i] || !is_demand(history.values[i])) continue;
    mean.value += history.values[i];
    ++count;
  }
  if (count == 0) return {};
  return {mean.value / count, true};
}

std::vector<double> differences(const MaskedWindow& window, int lag) {
  std::vector<double> result;
  const auto back = static_cast<std::size_t>(lag);
  for (std::size_t i = back; i < window.size(); ++i) {
    if (window.present[i] && window.present[i - back]) {
      result.push_back(window.values[i] - window.values[i - back]);
    }
  }
  return result;
}

void put_quantiles(InputWriter& writer, std::vector<double> errors, double spread) {
  std::sort(errors.begin(), errors.end());
  for (const double level : kErrorLevels) {
    writer.put(errors.empty() ? 0 : std::asinh(sorted_quantile(errors, level) / spread));
  }
}

void put_points(InputWriter& writer, const MaskedWindow& recent, const MaskedWindow& context,
                const WindowScale& scale) {
  for (std::size_t i = 0; i < recent.size(); ++i) {
    writer.put(recent.present[i] ? normalise(recent.values[i], scale) : 0);
    writer.put(recent.present[i] ? log_ratio(recent.values[i], scale) : 0);
    writer.put(recent.present[i]);
  }
  for (std::size_t c = 0; c < kCoarse; ++c) {
    const Mean mean = mean_of(context, c * kCoarseStep, (c + 1) * kCoarseStep);
    writer.put(mean.known ? normalise(mean.value, scale) : 0);
    writer.put(mean.known);
  }
}

double share_of_zeros(const MaskedWindow& window) {
  int zeros = 0;
  for (std::size_t i = 0; i < window.size(); ++i)
    zeros += window.present[i] && window.values[i] == 0;
  return static_cast<double>(zeros) / window.known;
}

}  // namespace

std::optional<Encoded> encode(const HistoryView& history) {
  const MaskedWindow recent = last_window(history.values, history.present, kRecent);
  const bool silent = std::all_of(recent.values.begin(), recent.values.end(),
                                  [](double value) { return value == 0; });
  if (recent.known < kKnownMin || silent) return std::nullopt;
  const MaskedWindow context = last_window(history.values, history.present, kContext);
  const Smoothing smoothing = smooth(context);
  const WindowScale scale = window_scale(recent, smoothing.level());
  const Echo echo = find_echo(context);

  Encoded encoded{.level = scale.level, .spread = scale.spread};
  encoded.zero = static_cast<float>(-scale.level / scale.spread);
  InputWriter writer(encoded.inputs);
  put_points(writer, recent, context, scale);
  for (const int lag : kLags) {
    put_quantiles(writer, past_errors(context, smoothing, lag), scale.spread);
    put_quantiles(writer, differences(recent, lag), scale.spread);
  }

  std::size_t last = recent.size() - 1;
  while (!recent.present[last]) --last;
  const Mean short_mean = mean_of(recent, kRecent - 8, kRecent);
  const double mean8 = short_mean.known ? short_mean.value : recent.values[last];
  const double mean64 = mean_of(recent, 0, kRecent).value;
  const double slope = recent_slope(recent);
  bool any_season = false;
  for (std::size_t h = 0; h < kNetHorizon; ++h) {
    const Mean echoed = echo.lag > 0 ? echo_value(context, echo.lag, h) : Mean{};
    const Mean seasonal = history.season > 0 ? season_value(history, h) : Mean{};
    any_season = any_season || seasonal.known;
    const double trend = scale.level + 0.5 * slope * static_cast<double>(h + 1);
    const std::array<double, kBases> bases{scale.level,
                                           recent.values[last],
                                           mean8,
                                           mean64,
                                           trend,
                                           echoed.known ? echoed.value : scale.level,
                                           seasonal.known ? seasonal.value : scale.level};
    for (std::size_t b = 0; b < kBases; ++b) {
      encoded.bases[h * kBases + b] = static_cast<float>((bases[b] - scale.level) / scale.spread);
    }
    writer.put(std::asinh(encoded.bases[h * kBases + 5]));
    writer.put(std::asinh(encoded.bases[h * kBases + 6]));
  }
  for (std::size_t b = 1; b <= 4; ++b) writer.put(std::asinh(encoded.bases[b]));
  writer.put(echo.lag > 0);
  writer.put(echo.correlation);
  writer.put(any_season);
  writer.put(smoothing.alpha);
  writer.put(static_cast<double>(recent.known) / kRecent);
  writer.put(std::asinh(scale.level / scale.spread));
  writer.put(share_of_zeros(recent));
  return encoded;
}

HistoryView slice(const HistoryView& history, std::size_t first, std::size_t last) {
  HistoryView part = history;
  part.values = history.values.subspan(first, last - first);
  part.present = history.present.subspan(first, last - first);
  part.start = history.start + static_cast<std::int64_t>(first) * history.step;
  return part;
}

std::vector<Example> examples_of(const HistoryView& history, int stride, int count_max) {
  std::vector<Example> examples;
  const auto size = static_cast<std::int64_t>(history.values.size());
  for (std::int64_t origin = size - kNetHorizon;
       origin >= kKnownMin && static_cast<int>(examples.size()) < count_max; origin -= stride) {
    const auto encoded = encode(slice(history, 0, static_cast<std::size_t>(origin)));
    if (!encoded) continue;
    Example example{.history = *encoded, .origin = static_cast<std::size_t>(origin)};
    bool any = false;
    for (std::size_t h = 0; h < kNetHorizon; ++h) {
      const std::size_t i = static_cast<std::size_t>(origin) + h;
      if (!history.present[i] || !is_demand(history.values[i])) continue;
      example.outcome[h] =
          static_cast<float>((history.values[i] - encoded->level) / encoded->spread);
      example.known[h] = 1;
      any = true;
    }
    if (any) examples.push_back(example);
  }
  std::reverse(examples.begin(), examples.end());
  return examples;
}

}  // namespace starling
