#include "trace/describe_demand.h"

namespace starling {
namespace {

DemandClass class_of(const Demand& demand) {
  const bool rare = demand.interval_mean >= kIntervalCutoff;
  const bool varied = demand.variation_squared >= kVariationCutoff;
  if (rare) return varied ? DemandClass::kLumpy : DemandClass::kIntermittent;
  return varied ? DemandClass::kErratic : DemandClass::kSmooth;
}

}  // namespace

std::string_view demand_class_name(DemandClass demand) {
  switch (demand) {
    case DemandClass::kSmooth:
      return "smooth";
    case DemandClass::kErratic:
      return "erratic";
    case DemandClass::kIntermittent:
      return "intermittent";
    case DemandClass::kLumpy:
      return "lumpy";
  }
  return "";
}

std::optional<Demand> demand_of(const Series& series) {
  std::size_t present = 0;
  std::size_t wanted = 0;
  double sum = 0;
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (!series.present[i]) continue;
    if (series.values[i] < 0) return std::nullopt;
    ++present;
    wanted += series.values[i] > 0 ? 1 : 0;
    sum += series.values[i];
  }
  if (wanted == 0) return std::nullopt;
  const double mean = sum / static_cast<double>(wanted);
  double squares = 0;
  for (std::size_t i = 0; i < series.size(); ++i) {
    const double off = series.values[i] - mean;
    if (series.present[i] && series.values[i] > 0) squares += off * off;
  }
  Demand demand;
  demand.interval_mean = static_cast<double>(present) / static_cast<double>(wanted);
  if (wanted > 1) {
    demand.variation_squared = squares / static_cast<double>(wanted - 1) / (mean * mean);
  }
  demand.kind = class_of(demand);
  return demand;
}

}  // namespace starling
