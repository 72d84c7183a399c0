// Implements policy/knob.h.
#include "policy/knob.h"

#include <map>

namespace starling {
namespace {

const std::map<std::string, Knob>& knobs() {
  static const std::map<std::string, Knob> all{
      {"hpa", {0.15, 0.95, [](PolicyOptions& o, double v) { o.hpa.metrics.front().target = v; }}},
      {"kpa", {0.15, 0.98, [](PolicyOptions& o, double v) { o.kpa.target_utilization = v; }}},
      {"ray-serve",
       {0.2, 8, [](PolicyOptions& o, double v) { o.ray_serve.target_ongoing_requests = v; }}},
      {"greedy", {0.15, 1, [](PolicyOptions& o, double v) { o.greedy.utilization = v; }}},
      {"skyserve", {0.1, 1, [](PolicyOptions& o, double v) { o.skyserve.utilization = v; }}},
      {"threshold",
       {0.1, 0.95,
        [](PolicyOptions& o, double v) {
          const ThresholdOptions usual;
          o.threshold.upper = v;
          o.threshold.lower = v * usual.lower / usual.upper;
        }}},
      {"skewness",
       {0.1, 0.95,
        [](PolicyOptions& o, double v) {
          const SkewnessOptions usual;
          o.skewness.hot = v;
          o.skewness.warm = v * usual.warm / usual.hot;
          o.skewness.cold = v * usual.cold / usual.hot;
        }}},
      {"aiad", {0.2, 3, [](PolicyOptions& o, double v) { o.aiad.slo_share = v; }}},
      {"predictive", {3, -5, [](PolicyOptions& o, double v) { o.predictive.headroom = v; }}},
      {"learned", {3, -5, [](PolicyOptions& o, double v) { o.predictive.headroom = v; }}},
  };
  return all;
}

}  // namespace

const Knob* knob_of(const std::string& policy) {
  const auto found = knobs().find(policy);
  return found == knobs().end() ? nullptr : &found->second;
}

std::vector<std::string> policies_with_knobs() {
  std::vector<std::string> names;
  for (const auto& [name, unused] : knobs()) names.push_back(name);
  return names;
}

}  // namespace starling
