// How often a workload is wanted at all, and how much then: which kind of forecast suits it.
#pragma once

#include <optional>
#include <string_view>

#include "trace/series.h"

namespace starling {

/// Syntetos, Boylan & Croston (2005), "On the categorization of demand patterns".
enum class DemandClass { kSmooth, kErratic, kIntermittent, kLumpy };

/// "smooth", "erratic", "intermittent", "lumpy"
std::string_view demand_class_name(DemandClass demand);

/// Where the classes part: at and above the first, demand is intermittent or lumpy; at and above
/// the second, erratic or lumpy.
inline constexpr double kIntervalCutoff = 1.32;
inline constexpr double kVariationCutoff = 0.49;

struct Demand {
  double interval_mean = 1;      // ADI: present points for each one with demand
  double variation_squared = 0;  // CV² of the demands that are not zero
  DemandClass kind = DemandClass::kSmooth;
};

/// Of the present points. Nothing where none has demand, or any is negative.
std::optional<Demand> demand_of(const Series& series);

}  // namespace starling
