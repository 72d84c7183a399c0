#include "control/past_demand.h"

#include <algorithm>

namespace starling {

PastArrivals::Rates PastDemand::rates(Duration step, Duration reach) const {
  const Series series = demand_.series(now_, step, reach);
  Rates rates;
  rates.step = series.step;
  const auto hour =
      static_cast<std::size_t>(std::max<std::int64_t>(1, std::chrono::hours(1) / series.step));
  Duration gap{};
  for (std::size_t i = 0; i < series.size(); ++i) {
    gap = series.present[i] ? Duration{} : gap + series.step;
    if (series.present[i]) {
      rates.per_s.push_back(series.values[i]);
    } else if (!rates.per_s.empty()) {
      const std::size_t back = rates.per_s.size() > hour ? hour : 1;
      rates.per_s.push_back(rates.per_s[rates.per_s.size() - back]);
    }
    if (gap > std::chrono::minutes(1)) rates.known_from = rates.per_s.size();
  }
  return rates;
}

}  // namespace starling
