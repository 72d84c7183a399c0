// From forecasts and outcomes to a comparison: WQL, MASE, coverage, and how sure one can be of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "forecast/evaluation/cases.h"

namespace starling {

/// What one method said about the cases, in their order.
struct MethodForecasts {
  std::string name;
  std::vector<std::vector<Quantiles>> steps;  // a case's horizon each
  double seconds = 0;                         // that all of it took
  std::size_t replaced = 0;  // cases that the method could not forecast: naive answered for it
};

/// One method on one dataset. Absent where it is not defined.
struct DatasetFigures {
  std::optional<double> wql;  // absent: nothing but zeros came, and not all were forecast exactly
  std::optional<double> mase;
  double coverage_90 = 0;
};

struct MethodFigures {
  std::string name;
  std::map<std::string, DatasetFigures> datasets;
  std::optional<double> relative_wql;
  std::optional<std::pair<double, double>> relative_wql_ci;       // 95 %
  std::map<std::string, std::optional<double>> relative_without;  // one dataset left out
  double seconds_per_forecast = 0;
  std::size_t replaced = 0;
};

struct Comparison {
  std::size_t cases = 0;
  std::map<std::string, std::size_t> cases_by_dataset;
  std::size_t without_scale = 0;      // cases that no MASE counts
  std::vector<std::string> left_out;  // datasets that the relative figures leave out: naive's WQL
                                      // is 0 or undefined
  std::vector<MethodFigures> methods;
};

/// Per dataset, over its cases (missing outcomes never count):
///   WQL    mean over the levels 0.1, 0.2 … 0.9 of 2·Σ pinball / Σ|y| (GluonTS, M5), pooled
///   MASE   mean over cases of mean|y − median| / in-sample mean|x_t − x_{t−m}| of the history
///          (Hyndman & Koehler 2006), m = the season where the history holds two of them, else 1;
///          cases whose scale is 0 or unknown are left out
///   coverage_90   share of outcomes within the 0.9 quantile, of ties a part: see covered_by
/// relative_wql is the geometric mean over datasets of WQL / the first method's WQL; its interval
/// is the percentile bootstrap over workloads, drawn anew within each dataset, the same draws for
/// every method. Deterministic in the seed.
Comparison compare(const std::vector<ForecastCase>& cases,
                   const std::vector<MethodForecasts>& methods, std::uint64_t seed,
                   int bootstrap_draws = 1000);

/// The naive error that scales a case's MASE, or nothing where it is 0 or unknown.
std::optional<double> mase_scale(const ForecastCase& one);

/// 2·Σ pinball over the nine levels / 9, of one outcome.
double wql_numerator(const Quantiles& quantiles, double actual);

}  // namespace starling
