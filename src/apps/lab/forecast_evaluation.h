// Compares forecasters on workloads that none of them was trained on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/lab/forecast_data.h"
#include "forecast/net/artifact.h"

namespace starling::lab {

struct EvaluationOptions {
  int history = 720;    // points that a forecaster may see
  int origins = 6;      // forecasts of each workload, spread evenly over its second half
  int adapt_steps = 0;  // 0: as many as the weights were meta-learned for
};

/// One forecaster on one dataset. WQL is pooled over all its workloads, steps 1 … 12 ahead.
struct MethodScore {
  std::string method;
  double wql = 0;
  double relative = 0;    // to naive
  double coverage90 = 0;  // share of outcomes at or below the 0.9 quantile
  double coverage99 = 0;
};

struct DatasetScore {
  std::string dataset;
  std::size_t workloads = 0;
  std::size_t forecasts = 0;
  std::size_t adapted = 0;   // forecasts by adapted weights
  std::size_t smoothed = 0;  // forecasts where the gate preferred exponential smoothing
  std::vector<MethodScore> methods;
};

/// naive, seasonal-naive, ses, net, net+adapted (each forecast after adapting to that history
/// alone), in this order. Workloads with fewer than 48 points are left out.
std::vector<DatasetScore> evaluate(const std::vector<Dataset>& datasets,
                                   const ForecasterArtifact& artifact,
                                   const EvaluationOptions& options);

/// The geometric mean of `relative` over datasets, one a method; datasets whose ratio is not
/// positive and finite do not count.
std::vector<double> mean_relative(const std::vector<DatasetScore>& scores);

}  // namespace starling::lab
