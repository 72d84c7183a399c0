#include "plot/thin.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace starling {

Thinned thin(std::span<const double> y, double x_first, double x_step, std::size_t buckets_max) {
  Thinned result;
  if (y.empty() || buckets_max == 0) return result;
  const std::size_t length = (y.size() + buckets_max - 1) / buckets_max;
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  for (std::size_t begin = 0; begin < y.size(); begin += length) {
    double low = kNone;
    double high = kNone;
    double sum = 0;
    int count = 0;
    for (const double value : y.subspan(begin, std::min(length, y.size() - begin))) {
      if (std::isnan(value)) continue;
      low = std::fmin(low, value);
      high = std::fmax(high, value);
      sum += value;
      ++count;
    }
    result.x.push_back(x_first + x_step * static_cast<double>(begin));
    result.low.push_back(low);
    result.mean.push_back(count > 0 ? sum / count : kNone);
    result.high.push_back(high);
  }
  return result;
}

}  // namespace starling
