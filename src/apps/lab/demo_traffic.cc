#include "apps/lab/demo_traffic.h"

#include <algorithm>

#include "trace/synth.h"

namespace starling::lab {

std::vector<Series> synthetic_day(std::uint64_t seed) {
  SynthOptions options;
  options.workloads = static_cast<int>(std::size(kDriven));
  options.mean_rate_min = 20;
  options.mean_rate_max = 40;
  options.intermittent_share = 0;
  return synthesize(options, seed);
}

Result<std::vector<DriveModel>> plan_traffic(const std::vector<Series>& trace,
                                             const std::vector<ModelSpec>& specs, Duration length) {
  constexpr double kBusyQuantile = 0.98;
  constexpr double kSpikeMax = 1.2;
  std::vector<DriveModel> models;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const Series& series = trace[i % trace.size()];
    const double speed =
        seconds(series.step) * static_cast<double>(series.size()) / seconds(length);
    RatePlan plan = plan_rates(series, speed, 1);
    auto sorted = plan.rate_per_s;
    std::sort(sorted.begin(), sorted.end());
    const double busy =
        sorted[static_cast<std::size_t>(kBusyQuantile * static_cast<double>(sorted.size() - 1))];
    if (busy <= 0) {
      return fail(ErrorCode::kInvalid,
                  "workload {} of the trace is almost always zero: give a busier one",
                  series.workload);
    }
    for (double& rate : plan.rate_per_s)
      rate = std::min(rate / busy, kSpikeMax) * kDriven[i].busy_rate;
    models.push_back({specs[i].name, std::move(plan), "", specs[i].slo.latency});
  }
  return models;
}

}  // namespace starling::lab
