// Implements apps/lab/forecast_data.h.
#include "apps/lab/forecast_data.h"

#include <fmt/format.h>

#include <array>
#include <tuple>
#include <utility>

#include "apps/lab/forecast_gauges.h"
#include "base/rng.h"
#include "forecast/evaluation/protocol.h"
#include "trace/read.h"
#include "trace/synth.h"

namespace starling::lab {

Dataset synthetic_dataset(int workloads, std::uint64_t seed) {
  constexpr std::size_t kKinds = 8;
  constexpr std::array<std::pair<Duration, Duration>, 4> kStepAndLength{
      {{10s, 6h}, {1min, 24h}, {5min, 7 * 24h}, {10min, 14 * 24h}}};
  const Rng root(seed);
  Dataset dataset{.name = "synthetic", .workloads = {}};
  const int requests = (workloads + 1) / 2;
  for (std::size_t k = 0; k < kKinds; ++k) {
    const bool steady = k % 2 == 0;
    SynthOptions options;
    options.workloads =
        static_cast<int>((static_cast<std::size_t>(requests) + kKinds - 1 - k) / kKinds);
    if (options.workloads == 0) continue;
    std::tie(options.step, options.length) = kStepAndLength[k / 2];
    options.mean_rate_min = steady ? 1 : 0.02;
    options.mean_rate_max = steady ? 1000 : 20;
    options.intermittent_share = steady ? 0.02 : 0.3;
    options.bursts_per_day = steady ? 1 : 8;
    Rng stream = root.split(k);
    for (Series& series : synthesize(options, stream())) {
      series.workload = fmt::format("{}-{}-{}s", steady ? "steady" : "bursty", series.workload,
                                    seconds(options.step));
      dataset.workloads.push_back(std::move(series));
    }
  }
  Rng stream = root.split(kKinds);
  for (Series& series : synthesize_gauges(workloads - requests, stream())) {
    dataset.workloads.push_back(std::move(series));
  }
  return dataset;
}

Result<std::vector<Dataset>> read_datasets(const std::vector<std::string>& files) {
  std::vector<Dataset> datasets;
  for (const std::string& file : files) {
    auto workloads = read_trace(file);
    if (!workloads) return fail(workloads.error());
    datasets.push_back({dataset_name(file), std::move(*workloads)});
  }
  return datasets;
}

}  // namespace starling::lab
