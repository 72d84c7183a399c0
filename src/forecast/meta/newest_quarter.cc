// Implements forecast/meta/newest_quarter.h.
#include "forecast/meta/newest_quarter.h"

#include <algorithm>

#include "forecast/meta/tasks.h"

namespace starling {
namespace {

constexpr int kWindowsMax = 48;

int quarter_of(const Series& series) { return static_cast<int>(series.size() / 4); }

int stride_of(const Series& series) {
  return std::max<int>(kNetHorizon, static_cast<int>(series.size()) / kWindowsMax);
}

}  // namespace

std::vector<Example> before_newest_quarter(const Series& series, Regime regime) {
  if (quarter_of(series) < kNetHorizon) return {};
  const std::size_t cut = series.size() - series.size() / 4;
  return examples_of(slice(history_of(series), 0, cut), regime, stride_of(series), kWindowsMax);
}

std::vector<Example> newest_quarter(const Series& series, Regime regime) {
  const int stride = stride_of(series);
  if (quarter_of(series) < kNetHorizon) return {};
  return examples_of(history_of(series), regime, stride, std::max(1, quarter_of(series) / stride));
}

}  // namespace starling
