// The moments by which features are judged, with what simple forecasters say at each.
#pragma once

#include <vector>

#include "apps/lab/trace_features_study.h"
#include "base/result.h"
#include "feature/feature_table.h"
#include "trace/series.h"

namespace starling::lab {

/// All rows have a known target. Forecasts have one entry a row of `test`.
struct StudyCases {
  std::size_t workloads = 0;
  FeatureTable train;  // nothing in it is later than the first part of its workload
  FeatureTable test;
  std::vector<std::size_t> train_workload_of;  // of each row of `train`, below `workloads`
  std::vector<std::size_t> workload_of;        // the same of `test`
  std::vector<double> actual;                  // in the workload's unit, as the forecasts are
  std::vector<double> naive;
  std::vector<double> seasonal_naive;
  std::vector<double> ses;
};

/// Errors as in study_features().
Result<StudyCases> make_study_cases(const std::vector<Series>& workloads,
                                    const StudyOptions& options);

/// AvgRelMAE of forecasts for the rows of `test`, see SubsetErrors. Workloads whose naive forecast
/// was never wrong do not count; 1 when none is left.
double relative_error(const StudyCases& cases, const std::vector<double>& forecasts);

}  // namespace starling::lab
