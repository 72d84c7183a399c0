// Implements forecast/evaluation/protocol.h.
#include "forecast/evaluation/protocol.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "feature/window.h"

namespace starling {
namespace {

MaskedPoints part(const Series& series, std::size_t first, std::size_t last) {
  MaskedPoints points;
  for (std::size_t i = first; i < last; ++i) {
    const bool known = series.present[i] && is_demand(series.values[i]);
    points.values.push_back(known ? series.values[i] : 0);
    points.present.push_back(known ? 1 : 0);
  }
  return points;
}

/// Where the k-th of `count` moments lies in [first, last].
std::size_t spaced(std::size_t first, std::size_t last, int k, int count) {
  const double share = count == 1 ? 0.5 : static_cast<double>(k) / (count - 1);
  return first + static_cast<std::size_t>(std::lround(share * static_cast<double>(last - first)));
}

void cut(const std::string& dataset, const Series& series, Protocol protocol, int origins,
         CutCases& into) {
  const ProtocolShape shape = protocol_shape(protocol, series.step);
  const std::size_t first = std::max(series.size() / 2, shape.history_min);
  if (series.size() < first + shape.horizon) {
    ++into.too_short;
    return;
  }
  const std::size_t last = series.size() - shape.horizon;
  const std::size_t before = into.cases.size();
  std::size_t previous = 0;
  for (int k = 0; k < origins; ++k) {
    const std::size_t origin = spaced(first, last, k, origins);
    if (origin == previous) continue;  // fewer moments than were asked for
    previous = origin;
    const std::size_t seen = std::min(origin, shape.history);
    ForecastCase one{.id = fmt::format("{}/{}@{}", dataset, series.workload, origin),
                     .dataset = dataset,
                     .workload = series.workload,
                     .step = series.step,
                     .season = steps_in_a_day(series.step),
                     .moment = k,
                     .history = part(series, origin - seen, origin),
                     .future = part(series, origin, origin + shape.horizon)};
    if (!one.history.any_present() || !one.future.any_present()) {
      ++into.unknown;
      continue;
    }
    into.shortened += seen < shape.history;
    into.cases.push_back(std::move(one));
  }
  into.workloads += into.cases.size() > before;
}

}  // namespace

ProtocolShape protocol_shape(Protocol protocol, Duration step) {
  const bool minutes = step < 150s;
  const bool tens = step >= 450s;
  ProtocolShape shape;
  shape.history_min = minutes ? 60 : tens ? 36 : 48;
  shape.horizon = minutes ? 15 : 12;
  const Duration reach = minutes ? Duration(48h) : Duration(7 * 24h);
  const auto long_history = static_cast<std::size_t>(std::max<std::int64_t>(1, reach / step));
  shape.history =
      protocol == Protocol::kShort ? shape.history_min : std::max(long_history, shape.history_min);
  return shape;
}

int steps_in_a_day(Duration step) {
  if (step <= Duration::zero() || step > 12h) return 0;
  return static_cast<int>(std::lround(seconds(24h) / seconds(step)));
}

CutCases cut_cases(const std::string& dataset, const std::vector<Series>& workloads,
                   Protocol protocol, int origins) {
  CutCases made;
  for (const Series& series : workloads) cut(dataset, series, protocol, origins, made);
  return made;
}

std::string dataset_name(const std::string& path) {
  std::string name = std::filesystem::path(path).filename().string();
  for (const char* ending : {".gz", ".zst", ".csv", ".parquet", ".train", ".validation"}) {
    if (name.ends_with(ending)) name.resize(name.size() - std::string_view(ending).size());
  }
  return name;
}

}  // namespace starling
