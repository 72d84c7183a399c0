// What a cube can show: every measure, once, with how it aggregates and what it means.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace starling::history {

enum class Fact {
  kUsage,
  kLatency,
  kForecastError,
  kDecision,
  kBid,
  kPlacement,
  kCost,
  kHealth,
};
std::string_view name_of(Fact fact);

/// A column that a node sums up and sends: partial aggregates of the same group merge exactly.
struct PartialColumn {
  enum class Merge {
    kSum,
    /// Seconds that the rows cover. Each (model, place) has a row for every second, so series
    /// beside each other cover the same time (the maximum) and groups after one another add up.
    kSpan,
  };
  std::string_view name;
  Fact fact;
  std::string_view sql;  // of one row of the fact or of its tiers; summed
  Merge merge = Merge::kSum;
};

std::span<const PartialColumn> partial_columns();
const PartialColumn* find_partial_column(std::string_view name);

struct Measure {
  enum class Form {
    kSum,         // numerator · scale
    kRatio,       // numerator / denominator · scale, nothing where the denominator is 0
    kPercentile,  // of the merged latency histograms, in milliseconds; relative error at most 1 %
    kDistinct,    // HyperLogLog (Flajolet et al. 2007) of 1024 registers: standard error 3.3 %
  };
  std::string_view name;
  std::string_view unit;
  Form form;
  std::string_view numerator = {};  // names of partial columns
  std::string_view denominator = {};
  double scale = 1;
  double percentile = 0;  // 0 … 1
  std::string_view meaning = {};

  /// "sum(within_slo) / sum(completed + failed)"
  std::string aggregation() const;
  /// The facts that it is made of.
  std::vector<Fact> facts() const;
};

std::span<const Measure> measures();
/// Errors: kInvalid with the nearest known name.
Result<const Measure*> measure_named(std::string_view name);

/// [{"name", "unit", "facts", "aggregation", "meaning"}, …]
nlohmann::json measures_json();

}  // namespace starling::history
