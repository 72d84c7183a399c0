// Implements apps/lab/trace_features_study.h.
#include "apps/lab/trace_features_study.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "apps/lab/trace_features_cases.h"
#include "base/rng.h"
#include "feature/ridge.h"
#include "forecast/trees/boosted_trees.h"
#include "forecast/trees/booster.h"

namespace starling::lab {
namespace {

using Indices = std::vector<std::size_t>;

/// What one workload's first part says about its features.
struct Fitted {
  RidgeMoments moments;
  double target_min = 0, target_max = 0;
};

Fitted fitted_to(const FeatureTable& train) {
  Fitted fitted{.moments = RidgeMoments(train)};
  if (train.rows() == 0) return fitted;
  const auto [least, most] = std::minmax_element(train.target.begin(), train.target.end());
  fitted.target_min = *least;
  fitted.target_max = *most;
  return fitted;
}

/// Fits regressions on some of the columns and judges them.
class Judge {
 public:
  Judge(const StudyCases& cases, double penalty) : cases_(cases), penalty_(penalty) {
    std::vector<Indices> rows(cases.workloads);
    for (std::size_t row = 0; row < cases.train.rows(); ++row) {
      rows[cases.train_workload_of[row]].push_back(row);
    }
    for (const Indices& own : rows) fitted_.push_back(fitted_to(cases.train.select(own)));
  }

  double error(std::span<const std::size_t> columns) const {
    std::vector<RidgeModel> models;
    for (const Fitted& one : fitted_) models.push_back(one.moments.fit(columns, penalty_));
    std::vector<double> forecasts;
    forecasts.reserve(cases_.test.rows());
    for (std::size_t row = 0; row < cases_.test.rows(); ++row) {
      const std::size_t workload = cases_.workload_of[row];
      // A linear law knows no bounds; what never came is not forecast.
      const double z = std::clamp(models[workload].predict(cases_.test, row),
                                  fitted_[workload].target_min, fitted_[workload].target_max);
      forecasts.push_back(cases_.test.to_unit(row, z));
    }
    return relative_error(cases_, forecasts);
  }

  double random_error(std::size_t count, int draws, Rng& rng) const {
    Indices columns(cases_.test.columns.size());
    std::iota(columns.begin(), columns.end(), 0);
    double logs = 0;
    for (int draw = 0; draw < draws; ++draw) {
      for (std::size_t k = 0; k < count; ++k) {
        std::swap(columns[k], columns[k + rng.below(columns.size() - k)]);
      }
      logs += std::log(error(std::span(columns).first(count)));
    }
    return std::exp(logs / draws);
  }

 private:
  const StudyCases& cases_;
  double penalty_;
  std::vector<Fitted> fitted_;  // one a workload
};

TreeExamples examples(const FeatureTable& table, std::span<const std::size_t> columns,
                      int horizon) {
  TreeExamples all;
  all.features.reserve(table.rows() * columns.size());
  for (std::size_t row = 0; row < table.rows(); ++row) {
    for (const std::size_t column : columns)
      all.features.push_back(static_cast<float>(table.columns[column][row]));
    all.targets.push_back(static_cast<float>(table.target[row]));
  }
  all.ahead.assign(table.rows(), static_cast<std::size_t>(horizon));
  return all;
}

Result<std::optional<double>> trees_error(const StudyCases& cases,
                                          std::span<const std::size_t> columns, int horizon) {
  if (!has_boosted_trees()) return std::optional<double>();
  auto asked = examples(cases.test, columns, horizon);
  asked.targets.clear();
  const auto predictions =
      boosted_predictions(examples(cases.train, columns, horizon), asked, cases.test.rows());
  if (!predictions) return fail(predictions.error());
  std::vector<double> forecasts;
  for (std::size_t row = 0; row < predictions->size(); ++row)
    forecasts.push_back(cases.test.to_unit(row, (*predictions)[row]));
  return std::optional(relative_error(cases, forecasts));
}

Indices columns_of(const std::vector<RankedFeature>& ranking) {
  Indices columns;
  for (const RankedFeature& one : ranking) columns.push_back(one.column);
  return columns;
}

Indices by_relevance(std::vector<RankedFeature> ranking) {
  std::stable_sort(ranking.begin(), ranking.end(),
                   [](const auto& a, const auto& b) { return a.relevance > b.relevance; });
  return columns_of(ranking);
}

}  // namespace

Result<FeatureStudy> study_features(const std::vector<Series>& workloads,
                                    const StudyOptions& options) {
  const auto cases = make_study_cases(workloads, options);
  if (!cases) return fail(cases.error());

  FeatureStudy study{.workloads = cases->workloads,
                     .too_short = workloads.size() - cases->workloads,
                     .train_rows = cases->train.rows(),
                     .test_rows = cases->test.rows(),
                     .names = cases->train.names,
                     .ranking = rank_features(cases->train, options.score),
                     .errors = {}};
  study.seasonal_naive_error = relative_error(*cases, cases->seasonal_naive);
  study.ses_error = relative_error(*cases, cases->ses);

  const Indices ranked = columns_of(study.ranking);
  const Indices relevant = by_relevance(study.ranking);
  const Judge judge(*cases, options.penalty);
  Rng rng(options.seed);
  for (const std::size_t wanted : {std::size_t{1}, std::size_t{2}, std::size_t{4}, std::size_t{8},
                                   std::size_t{16}, ranked.size()}) {
    const std::size_t count = std::min(wanted, ranked.size());
    const auto trees = trees_error(*cases, std::span(ranked).first(count), options.horizon);
    if (!trees) return fail(trees.error());
    study.errors.push_back({.features = count,
                            .mrmr = judge.error(std::span(ranked).first(count)),
                            .relevance = judge.error(std::span(relevant).first(count)),
                            .random = judge.random_error(count, options.random_draws, rng),
                            .trees = *trees});
  }
  return study;
}

}  // namespace starling::lab
