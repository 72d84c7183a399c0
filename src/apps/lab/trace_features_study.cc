// Implements apps/lab/trace_features_study.h.
#include "apps/lab/trace_features_study.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "apps/lab/trace_features_cases.h"
#include "base/rng.h"
#include "feature/ridge.h"

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
    study.errors.push_back({.features = count,
                            .mrmr = judge.error(std::span(ranked).first(count)),
                            .relevance = judge.error(std::span(relevant).first(count)),
                            .random = judge.random_error(count, options.random_draws, rng)});
  }
  return study;
}

}  // namespace starling::lab
