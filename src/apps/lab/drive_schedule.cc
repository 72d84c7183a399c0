#include "apps/lab/drive_schedule.h"

#include <algorithm>

namespace starling::lab {

RatePlan plan_rates(const Series& series, double speed, double scale) {
  RatePlan plan;
  plan.step_s = seconds(series.step) / speed;
  plan.rate_per_s.resize(series.size(), 0);
  const auto known = std::find(series.present.begin(), series.present.end(), 1);
  double last = known == series.present.end()
                    ? 0
                    : series.values[static_cast<std::size_t>(known - series.present.begin())];
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (series.present[i]) last = series.values[i];
    plan.rate_per_s[i] = std::max(0.0, last) / seconds(series.step) * scale;
  }
  return plan;
}

void PoissonSchedule::advance() {
  // What is left of one unit of cumulated rate is spent interval by interval.
  double left = rng_.exponential(1);
  for (; index_ < plan_.rate_per_s.size(); ++index_) {
    const double end = static_cast<double>(index_ + 1) * plan_.step_s;
    const double rate = plan_.rate_per_s[index_];
    if (rate * (end - next_s_) > left) {
      next_s_ += left / rate;
      return;
    }
    left -= rate * std::max(0.0, end - next_s_);
    next_s_ = end;
  }
  next_s_ = std::numeric_limits<double>::infinity();
}

}  // namespace starling::lab
