#include "trace/describe_autocorrelation.h"

#include <cmath>
#include <utility>

namespace starling {
namespace {

constexpr std::size_t kPairsMin = 10;

struct Spread {
  double mean = 0;
  double variance = 0;
};

Spread spread_of(const Series& series) {
  double sum = 0;
  double count = 0;
  for (std::size_t i = 0; i < series.size(); ++i) {
    sum += series.present[i] ? series.values[i] : 0;
    count += series.present[i] ? 1 : 0;
  }
  if (count == 0) return {};
  const double mean = sum / count;
  double squares = 0;
  for (std::size_t i = 0; i < series.size(); ++i) {
    const double off = series.values[i] - mean;
    if (series.present[i]) squares += off * off;
  }
  return {mean, squares / count};
}

std::optional<double> correlation_at(const Series& series, const Spread& spread, std::size_t lag) {
  if (lag == 0 || series.size() < 2 * lag || !(spread.variance > 0)) return std::nullopt;
  double products = 0;
  std::size_t pairs = 0;
  for (std::size_t i = lag; i < series.size(); ++i) {
    if (!series.present[i] || !series.present[i - lag]) continue;
    products += (series.values[i] - spread.mean) * (series.values[i - lag] - spread.mean);
    ++pairs;
  }
  if (pairs < kPairsMin) return std::nullopt;
  return products / static_cast<double>(pairs) / spread.variance;
}

}  // namespace

std::optional<double> autocorrelation(const Series& series, std::size_t lag) {
  return correlation_at(series, spread_of(series), lag);
}

std::vector<LagCorrelation> calendar_autocorrelations(const Series& series) {
  const Spread spread = spread_of(series);
  std::vector<LagCorrelation> result{{"step", 1, correlation_at(series, spread, 1)}};
  const std::pair<const char*, Duration> periods[] = {{"hour", 1h}, {"day", 24h}, {"week", 168h}};
  for (const auto& [name, period] : periods) {
    const double steps = seconds(period) / seconds(series.step);
    const std::size_t lag = steps >= 1.5 ? static_cast<std::size_t>(std::llround(steps)) : 0;
    result.push_back({name, lag, correlation_at(series, spread, lag)});
  }
  return result;
}

}  // namespace starling
